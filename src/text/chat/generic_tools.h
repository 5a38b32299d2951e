#pragma once
// Tools for models whose template has no place for them: described in the system message, answered
// in <tool_call> tags, results shown as user text. tagged_reader.h reads the answers.

#include <string>
#include <vector>

#include "text/chat/chat_format.h"

namespace diptych {

// What the system message says about the tools. options.tools must not be empty.
std::string generic_tool_prompt(const ChatPromptOptions& options);

// How the prompt asks for calls to be written.
ChatPrompt::CallSyntax generic_call_syntax();

// Calls and results of earlier turns as plain text, for a template that cannot show them. Results
// in a row become one message, because many templates insist that user and assistant alternate.
std::vector<ChatMessage> with_calls_as_text(std::vector<ChatMessage> messages);

// Puts `text` behind the first system message, or in a new one that starts with `default_system`
// (what the template would have said by itself).
void add_to_system_message(std::vector<ChatMessage>& messages, const std::string& text,
                           const std::string& default_system);

}  // namespace diptych
