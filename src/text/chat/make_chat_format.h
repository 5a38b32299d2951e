#pragma once
// Builds a ChatFormat from what a model file says about its conversations. No llama type here: the
// loader reads the strings.

#include <memory>
#include <string>

#include "base/error.h"
#include "text/chat/chat_format.h"

namespace diptych {

struct ChatTemplateSource {
  std::string template_text;           // "tokenizer.chat_template"; empty: the model has none
  std::string tool_use_template_text;  // "tokenizer.chat_template.tool_use"; used instead when a
                                       // request has tools
  std::string bos_token, eos_token;    // as text
};

// Parses and analyses the template once: 1–20 ms. kUnsupported: no template. kInvalidArgument: it
// does not parse, or breaks the limits of the sandbox.
Result<std::unique_ptr<ChatFormat>> make_chat_format(const ChatTemplateSource& source);

}  // namespace diptych
