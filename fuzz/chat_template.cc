// Conversations nobody would write, through real templates, and templates nobody would ship. The first byte chooses:
//   'T'   the rest is a template, rendered with a plain conversation
//   else  that byte modulo the number of templates in tests/data/templates picks one; each further line is a message whose
//         first byte is its role, 't' offers a tool, and the last line is what the model answers

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/file.h"
#include "fuzz_target.h"
#include "text/chat/make_chat_format.h"

namespace {

using namespace diptych;

using Formats = std::vector<std::unique_ptr<ChatFormat>>;

Formats load_formats() {
  std::vector<Path> files;
  for (const auto& entry : std::filesystem::directory_iterator(DIPTYCH_TEST_DATA "/templates")) {
    if (entry.path().extension() == ".jinja") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  Formats formats;
  for (const Path& file : files) {
    const auto text = read_file(file, 1 << 20);
    CHECK(text.has_value());
    auto format = make_chat_format({.template_text = *text, .bos_token = "<s>", .eos_token = "</s>"});
    CHECK(format.has_value());
    formats.push_back(std::move(*format));
  }
  CHECK(!formats.empty());
  return formats;
}

ChatMessage message_of(std::string_view line) {
  ChatMessage message;
  message.content = line.substr(1);
  switch (line.front()) {
    case 's': message.role = "system"; break;
    case 'd': message.role = "developer"; break;
    case 'a': message.role = "assistant"; break;
    case 'c':
      message.role = "assistant";
      message.tool_calls = {{.id = "call_1", .name = "f", .arguments = std::string(line.substr(1))}};
      message.content.clear();
      break;
    case 'r':
      message.role = "tool";
      message.tool_call_id = "call_1";
      break;
    default: message.role = "user";
  }
  return message;
}

struct Reading {
  std::string content, reasoning;
  std::vector<std::string> names, arguments;  // by call
  friend bool operator==(const Reading&, const Reading&) = default;

  void add(const AnswerDelta& delta) {
    content += delta.content;
    reasoning += delta.reasoning;
    for (const AnswerDelta::Call& call : delta.calls) {
      CHECK(call.index >= 0);
      const auto index = static_cast<std::size_t>(call.index);
      CHECK(index <= names.size());
      if (index == names.size()) {
        CHECK(!call.name.empty());
        names.emplace_back();
        arguments.emplace_back();
      }
      names[index] += call.name;
      arguments[index] += call.arguments;
    }
  }
};

Reading read_answer(const ChatFormat& format, const ChatPrompt& prompt, std::string_view answer, std::size_t piece) {
  const auto reader = format.make_reader(prompt);
  Reading reading;
  for (std::size_t at = 0; at < answer.size(); at += piece) reading.add(reader->feed(answer.substr(at, piece)));
  reading.add(reader->finish());
  return reading;
}

void check_prompt(const ChatPrompt& prompt) {
  std::size_t end = 0;
  for (const ChatPrompt::Span& span : prompt.untrusted) {
    CHECK(span.begin >= end && span.begin <= span.end);
    end = span.end;
  }
  CHECK(end <= prompt.text.size());
}

void check_conversation(const ChatFormat& format, std::string_view lines) {
  std::vector<ChatMessage> messages;
  ChatPromptOptions options;
  std::string_view last;
  while (!lines.empty() && messages.size() < 32) {
    last = next_line(lines);
    if (last.empty()) continue;
    if (last.front() == 't') {
      options.tools.push_back({.name = "f", .description = std::string(last.substr(1)), .parameters = ""});
    } else {
      messages.push_back(message_of(last));
    }
  }
  const auto prompt = format.render(messages, options);
  if (!prompt) {
    CHECK(prompt.error().code == ErrorCode::kInvalidArgument || prompt.error().code == ErrorCode::kUnsupported);
    return;
  }
  check_prompt(*prompt);
  const Reading whole = read_answer(format, *prompt, last, std::max<std::size_t>(last.size(), 1));
  const Reading pieces = read_answer(format, *prompt, last, 1);
  // An answer that breaks a family's own format after its call was announced reads differently when it streams: what was
  // sent stays sent. Apart from that, cutting changes nothing.
  if (!format.template_knows_tools() || whole.names == pieces.names) CHECK(whole == pieces);
}

void check_template(std::string_view text) {
  const auto format = make_chat_format({.template_text = std::string(text), .bos_token = "<s>", .eos_token = "</s>"});
  if (!format) {
    CHECK(format.error().code == ErrorCode::kInvalidArgument || format.error().code == ErrorCode::kUnsupported);
    return;
  }
  ChatMessage hello;
  hello.role = "user";
  hello.content = "Hello";
  if (const auto prompt = (*format)->render({hello}, {})) check_prompt(*prompt);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Formats formats = load_formats();
  if (size == 0) return 0;
  const auto text = as_text(data, size);
  if (text.front() == 'T') {
    check_template(text.substr(1));
  } else {
    check_conversation(*formats[data[0] % formats.size()], text.substr(1));
  }
  return 0;
}
