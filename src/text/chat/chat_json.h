#pragma once
// Messages and tools in the JSON shape that chat templates are written against (OpenAI's).

#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "text/chat/chat_format.h"

namespace diptych {

struct MessageShape {                // what one template wants to see
  bool content_as_parts = false;     // [{"type": "text", "text": …}] instead of a string
  bool arguments_as_object = false;  // tool calls' arguments parsed instead of as JSON text
};

// kInvalidArgument: arguments that are not JSON although the template needs them parsed; bad UTF-8;
// an unknown role.
Result<Json> messages_json(const std::vector<ChatMessage>& messages, const MessageShape& shape);

// kInvalidArgument: a schema that is not a JSON object.
Result<Json> tools_json(const std::vector<Tool>& tools);

}  // namespace diptych
