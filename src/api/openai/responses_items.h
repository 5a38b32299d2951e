#pragma once
// The items of a conversation: input as clients write it → items as they are kept, with ids →
// messages for the template.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/field.h"
#include "base/json.h"
#include "text/chat/message.h"

namespace diptych::openai {

struct InputItem {
  Json item;              // as it is kept and listed; null for a reference
  std::string reference;  // id of an item that stands somewhere else
};

// A request's `input`: a string is one user message. Every kind of item is known; what cannot be
// honoured (images, files, hosted tools' items) is refused by name. Items without an id get one.
Result<std::vector<InputItem>> parse_input(const Json& input, const FieldSite& site);

// Items in order → the messages of the template, instructions first. Calls join the assistant's
// turn they belong to. An output without a call before it, or a call without an output, is
// kInvalidArgument.
Result<std::vector<ChatMessage>> messages_of(const std::vector<Json>& items,
                                             const std::optional<std::string>& instructions);

}  // namespace diptych::openai
