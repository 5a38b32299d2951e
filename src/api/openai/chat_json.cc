#include "api/openai/chat_json.h"

#include <fmt/format.h>

#include <iterator>

#include "base/json.h"

namespace diptych::openai {
namespace {

void append_function(std::string& out, const ToolCall& call) {
  out += "{\"name\":";
  append_json_string(out, call.name);
  out += ",\"arguments\":";
  append_json_string(out, call.arguments);
  out += '}';
}

void append_calls(std::string& out, const ChoiceReader& choice, std::string_view call_word) {
  if (!choice.has_calls()) return;  // absent, not []: clients test for the key
  if (call_word == "function_call") {
    out += ",\"function_call\":";
    append_function(out, choice.calls().front());
    return;
  }
  out += ",\"tool_calls\":[";
  for (std::size_t i = 0; i < choice.calls().size(); ++i) {
    if (i > 0) out += ',';
    out += "{\"id\":";
    append_json_string(out, choice.calls()[i].id);
    out += ",\"type\":\"function\",\"function\":";
    append_function(out, choice.calls()[i]);
    out += '}';
  }
  out += ']';
}

void append_logprobs_member(std::string& out, const std::string* items) {
  out += ",\"logprobs\":";
  if (items == nullptr) {
    out += "null";
    return;
  }
  out += "{\"content\":[";
  out += *items;
  out += "],\"refusal\":null}";
}

}  // namespace

void append_chat_choice(std::string& out, int index, const ChoiceReader& choice,
                        const ChoiceFormat& format) {
  fmt::format_to(std::back_inserter(out),
                 R"({{"index":{},"message":{{"role":"assistant","content":)", index);
  if (choice.content().empty() && choice.has_calls()) {
    out += "null";
  } else {
    append_json_string(out, choice.content());
  }
  out += ",\"refusal\":null,\"annotations\":[]";
  if (!choice.reasoning().empty()) {
    out += ",\"reasoning_content\":";
    append_json_string(out, choice.reasoning());
  }
  append_calls(out, choice, format.call_word);
  out += '}';
  append_logprobs_member(out, format.logprob_items);
  fmt::format_to(std::back_inserter(out), R"(,"finish_reason":"{}"}})",
                 finish_word(choice, format.call_word));
}

void append_chunk_choice(std::string& out, const ChunkChoice& choice) {
  fmt::format_to(std::back_inserter(out), R"({{"index":{},"delta":)", choice.index);
  out += choice.delta;
  append_logprobs_member(out, choice.logprob_items);
  out += ",\"finish_reason\":";
  if (choice.finish_reason.empty()) {
    out += "null}";
  } else {
    fmt::format_to(std::back_inserter(out), "\"{}\"}}", choice.finish_reason);
  }
}

std::string call_delta(const AnswerDelta::Call& call, std::string_view call_word) {
  const bool legacy = call_word == "function_call";
  const bool first = !call.name.empty();
  std::string out =
      legacy ? "{\"function_call\":{" : fmt::format(R"({{"tool_calls":[{{"index":{},)", call.index);
  if (first && !legacy) {
    out += "\"id\":";
    append_json_string(out, call.id);
    out += ",\"type\":\"function\",";
  }
  if (!legacy) out += "\"function\":{";
  if (first) {
    out += "\"name\":";
    append_json_string(out, call.name);
    out += ',';
  }
  out += "\"arguments\":";
  append_json_string(out, call.arguments);
  out += legacy ? "}}" : "}}]}";
  return out;
}

}  // namespace diptych::openai
