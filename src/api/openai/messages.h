#pragma once
// The `messages` of a chat request → ChatMessage. All roles and part types are known; what the
// model cannot read (images, audio, files) is refused by name.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/field.h"
#include "text/chat/message.h"

namespace diptych::openai {

extern const BodySchema kMessageSchema;  // for the documents: the fields of every role together

// A row's parse function; fills a std::vector<ChatMessage>.
Status parse_messages(const Json& value, const FieldSite& site);

// Which part types carry text, by endpoint: chat says "text" and "refusal", responses "input_text"
// and "output_text".
struct PartKinds {
  std::span<const std::string_view> text;     // {"type": one of these, "text": …}
  std::span<const std::string_view> refused;  // known, but this model takes text only
};

// A string, or an array of parts whose texts are joined by newlines. site.path names the value.
Result<std::string> parse_content(const Json& value, const PartKinds& kinds, const FieldSite& site);

// Every tool call has an answer and every answer a call; names the first that has none.
Status check_tool_answers(const std::vector<ChatMessage>& messages, std::string_view path);

}  // namespace diptych::openai
