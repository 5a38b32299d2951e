#pragma once
// Renders conversations with the model's own Jinja template and reads its answers back (tool calls, reasoning).
// Const after load: safe from any thread.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "text/chat/message.h"

namespace diptych {

struct ChatPromptOptions {
  std::vector<Tool> tools;
  ToolChoice tool_choice = ToolChoice::kAuto;
  std::string forced_tool;  // with kRequired: only this one
  bool parallel_tool_calls = true;
  bool add_generation_prompt = true;
  bool enable_thinking = true;
  std::vector<std::pair<std::string, std::string>> template_kwargs;  // name, JSON text
};

struct AnswerDelta {  // what new text of the answer means
  std::string content;
  std::string reasoning;
  struct Call {
    int index = 0;
    std::string id, name;    // only in a call's first delta
    std::string arguments;   // the new piece
  };
  std::vector<Call> calls;
};

// Reads one choice's answer while it streams. Not thread-safe; one per choice.
class AnswerReader {
 public:
  virtual ~AnswerReader() = default;
  virtual AnswerDelta feed(std::string_view text) = 0;   // text that may still turn into a call is held back
  // The rest. A call that never became recognisable is content, never lost. A call is recognisable once its name (one of the
  // offered tools) and the first key of its arguments are there; from then on its arguments stream as the model writes
  // them, so an answer cut off inside a call leaves that call with unfinished arguments.
  virtual AnswerDelta finish() = 0;
  virtual bool has_calls() const = 0;
  // Only one call was allowed and it has ended: the answer is over, and text that still comes is left out as behind a stop.
  virtual bool complete() const = 0;
};

struct ChatPrompt {
  std::string text;              // tokenise with tokenize_prompt() of prompt_tokens.h
  // Byte ranges [begin, end) of `text`, ascending, that came from messages and tools. A control token spelled inside one is
  // plain text: a user who types "<|im_end|>" must not end his own turn.
  struct Span {
    std::size_t begin = 0, end = 0;
    friend bool operator==(const Span&, const Span&) = default;
  };
  std::vector<Span> untrusted;
  bool starts_with_bos = false;  // the template wrote the BOS token itself: do not add another
  std::vector<std::string> stops;  // additional stop strings of the format
  std::vector<std::string> visible_tokens;  // control tokens the reader needs to see: if any, set GenerationRequest::keep_special
  // How a call is written, where that is one way for all: begin, name, middle, arguments as a JSON object, end. What
  // forcing a call needs. Absent: the format has its own ways.
  struct CallSyntax {
    std::string begin, middle, end, separator;  // separator: between calls
  };
  std::optional<CallSyntax> call_syntax;
  Warnings warnings;             // e.g. the template knows no tools: a generic tool prompt was used
  std::shared_ptr<const void> reader_state;  // for make_reader
};

class ChatFormat {
 public:
  virtual ~ChatFormat() = default;
  // Errors: kInvalidArgument (the template refused the messages, with its words), kUnsupported (no chat template).
  virtual Result<ChatPrompt> render(const std::vector<ChatMessage>& messages, const ChatPromptOptions& options) const = 0;
  virtual std::unique_ptr<AnswerReader> make_reader(const ChatPrompt& prompt) const = 0;
  virtual bool template_knows_tools() const = 0;
};

}  // namespace diptych
