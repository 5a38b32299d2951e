#include "api/openai/logprobs.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "base/json.h"
#include "base/unicode.h"

namespace diptych::openai {
namespace {

void append_bytes(std::string& out, const std::string& bytes) {
  if (bytes.empty()) {
    out += "null";
    return;
  }
  out += '[';
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0) out += ',';
    fmt::format_to(std::back_inserter(out), "{}", static_cast<unsigned char>(bytes[i]));
  }
  out += ']';
}

void append_token_head(std::string& out, TokenId token, float logprob,
                       const Vocabulary& vocabulary) {
  out += "{\"token\":";
  append_json_string(out, shown_token(token, vocabulary));
  out += ",\"logprob\":";
  append_logprob(out, logprob);
  out += ",\"bytes\":";
  append_bytes(out, vocabulary.bytes_of(token));
}

}  // namespace

std::string shown_token(TokenId token, const Vocabulary& vocabulary) {
  const std::string& bytes = vocabulary.bytes_of(token);
  if (bytes.empty()) return vocabulary.name_of(token);
  if (is_valid_utf8(bytes)) return bytes;
  std::string shown;
  for (const char byte : bytes)
    fmt::format_to(std::back_inserter(shown), "\\x{:02x}", static_cast<unsigned char>(byte));
  return shown;
}

void append_logprob(std::string& out, float logprob) {
  if (std::isnan(logprob)) {
    out += "null";
  } else if (std::isinf(logprob)) {
    out += "-9999.0";
  } else {
    fmt::format_to(std::back_inserter(out), "{}", logprob);
  }
}

void append_token_logprobs(std::string& out, std::span<const TokenLogprob> tokens,
                           const Vocabulary& vocabulary) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (i > 0) out += ',';
    append_token_head(out, tokens[i].token, tokens[i].logprob, vocabulary);
    out += ",\"top_logprobs\":[";
    for (std::size_t j = 0; j < tokens[i].top.size(); ++j) {
      if (j > 0) out += ',';
      append_token_head(out, tokens[i].top[j].token, tokens[i].top[j].logprob, vocabulary);
      out += '}';
    }
    out += "]}";
  }
}

}  // namespace diptych::openai
