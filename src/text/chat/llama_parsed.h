#pragma once
// What the llama_*.cc files share about one parsed template. The only header here that shows
// llama.cpp's types.

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "chat-auto-parser.h"
#include "chat.h"
#include "text/chat/chat_format.h"

namespace diptych {

struct ParsedTemplate {
  // Filled field by field: its constructor would run the template outside the sandbox.
  common_chat_template tmpl{"", "", ""};
  autoparser::autoparser analysis;
  bool analysed = false;     // analysis holds
  bool specialised = false;  // a format llama.cpp has hand-written code for
};

struct RenderInput {
  Json messages = Json::array();
  Json tools = Json::array();
  std::vector<std::pair<std::string, Json>> variables;
  bool add_generation_prompt = true;
  bool enable_thinking = true;
};

struct Rendered {
  std::string text;
  std::vector<ChatPrompt::Span> untrusted;
};

Result<Rendered> render_template(const common_chat_template& tmpl, const RenderInput& input);

}  // namespace diptych
