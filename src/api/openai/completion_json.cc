#include "api/openai/completion_json.h"

#include <fmt/format.h>

#include "base/json.h"

namespace diptych::openai {

void append_text_choice(std::string& out, const TextNews& choice) {
  out += "{\"text\":";
  append_json_string(out, choice.text);
  out += fmt::format(",\"index\":{},\"logprobs\":", choice.index);
  out += choice.logprobs.empty() ? "null" : choice.logprobs;
  out += ",\"finish_reason\":";
  if (!choice.finish) {
    out += "null}";
  } else {
    out += *choice.finish == FinishReason::kStop ? "\"stop\"}" : "\"length\"}";
  }
}

}  // namespace diptych::openai
