#pragma once
// One Jinja template, parsed and analysed once by llama.cpp; none of its types shows here. Const
// after load.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "text/chat/chat_format.h"
#include "text/chat/chat_json.h"

namespace diptych {

struct TemplateTraits {
  bool tools = false;  // describes tools, and llama.cpp knows how its calls look
  bool calls = false;  // shows earlier calls and their results
  bool system_role = true;
  bool developer_role = false;
  MessageShape shape;
  std::string reasoning_start, reasoning_end;  // empty: none found
  std::string default_system;  // what it says in the system message's place when there is none
};

class LlamaTemplate {
 public:
  static Result<std::unique_ptr<LlamaTemplate>> load(const std::string& text,
                                                     const std::string& bos_token,
                                                     const std::string& eos_token);
  ~LlamaTemplate();

  const TemplateTraits& traits() const;

  // Fills text, untrusted, starts_with_bos, and, when answers need llama.cpp's parser, stops and
  // reader_state. The messages must already be what traits() allows. kInvalidArgument: the template
  // refused them, in its own words.
  Result<ChatPrompt> render(const std::vector<ChatMessage>& messages,
                            const ChatPromptOptions& options) const;

 private:
  struct Parsed;
  explicit LlamaTemplate(std::unique_ptr<Parsed> parsed);
  std::unique_ptr<Parsed> parsed_;
};

}  // namespace diptych
