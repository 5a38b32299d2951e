#include "api/openai/text_logprobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "api/openai/logprobs.h"
#include "base/json.h"

namespace diptych::openai {
namespace {

void separate(std::string& list) {
  if (!list.empty()) list += ',';
}

// Characters that begin in these bytes; a character that spans tokens counts for the token with its
// first byte.
std::size_t characters_begun(const std::string& bytes) {
  return static_cast<std::size_t>(std::ranges::count_if(
      bytes, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
}

}  // namespace

void TextLogprobs::add(std::span<const TokenLogprob> tokens) {
  for (const TokenLogprob& token : tokens) {
    separate(tokens_);
    append_json_string(tokens_, shown_token(token.token, vocabulary_));
    separate(logprobs_);
    append_logprob(logprobs_, token.logprob);
    separate(offsets_);
    offsets_ += fmt::format("{}", offset_);
    add_top(token);
    offset_ += characters_begun(vocabulary_.bytes_of(token.token));
    if (!std::isnan(token.logprob)) sum_ += token.logprob;
    ++count_;
  }
}

void TextLogprobs::add_top(const TokenLogprob& token) {
  separate(tops_);
  if (std::isnan(token.logprob)) {
    tops_ += "null";
    return;
  }
  std::set<std::string> shown;  // different tokens may look alike; a JSON object names each once
  const auto entry = [&](TokenId id, float logprob) {
    std::string name = shown_token(id, vocabulary_);
    if (!shown.insert(name).second) return;
    if (shown.size() > 1) tops_ += ',';
    append_json_string(tops_, name);
    tops_ += ':';
    append_logprob(tops_, logprob);
  };
  tops_ += '{';
  for (const TopLogprob& top : token.top) entry(top.token, top.logprob);
  entry(token.token, token.logprob);
  tops_ += '}';
}

std::string TextLogprobs::take() {
  std::string out = fmt::format(
      R"({{"tokens":[{}],"token_logprobs":[{}],"top_logprobs":[{}],"text_offset":[{}]}})", tokens_,
      logprobs_, tops_, offsets_);
  for (std::string* list : {&tokens_, &logprobs_, &tops_, &offsets_}) list->clear();
  return out;
}

}  // namespace diptych::openai
