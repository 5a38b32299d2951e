#pragma once
// llama.cpp's parsers for the tool-call formats of known templates.

#include <memory>

#include "base/error.h"
#include "text/chat/chat_format.h"

namespace diptych {

struct ParsedTemplate;
struct RenderInput;
struct NativeParser;  // the parser of one prompt's answers

// Finds out how the template's calls and reasoning look. Runs the template: needs a SandboxScope.
// Throws std::exception.
void analyse(ParsedTemplate& parsed);

// Adds what reading the answer back needs: stops, visible_tokens, reader_state. May replace text
// and untrusted where llama.cpp adjusts the messages of a format.
Status attach_parser(const ParsedTemplate& parsed, const RenderInput& input,
                     const ChatPromptOptions& options, ChatPrompt& prompt);

std::unique_ptr<AnswerReader> make_native_reader(std::shared_ptr<const NativeParser> parser);

}  // namespace diptych
