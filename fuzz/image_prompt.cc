// plan_prompt on texts nobody would write. The first byte chooses the grammar, the emphasis and the
// schedule rule, the second the number of steps; then the prompt, the negative prompt, a style and
// the lines of a wildcard, one a line. What is planned can be drawn: chunks fit the encoder,
// weights are numbers, schedules cover all steps; and the same seed plans the same.

#include "image/prompt/prompt_plan.h"

#include <cmath>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/unicode.h"
#include "fuzz_target.h"
#include "image/prompt/limits.h"

namespace {

using namespace diptych;

// Every byte but a blank is a token.
std::vector<int> tokenize_bytes(std::string_view text) {
  std::vector<int> tokens;
  for (const char c : text) {
    if (c != ' ' && c != '\n') tokens.push_back(static_cast<unsigned char>(c));
  }
  return tokens;
}

PromptRequest make_request(std::uint8_t modes, std::uint8_t steps, std::string_view lines) {
  static const EmbeddingTable table({{"bad", 2}, {"wide", 75}, {"never", 76}}, tokenize_bytes);
  PromptRequest request{.prompt = std::string(next_line(lines)),
                        .negative_prompt = std::string(next_line(lines)),
                        .seed = steps,
                        .steps = 1 + steps % 40,
                        .base_steps = steps / 40,
                        .embeddings = &table};
  request.attention = attention_rows()[modes % 4U].syntax;
  request.emphasis = emphasis_rows()[(modes >> 2U) % 4U].mode;
  request.schedule_rule =
      (modes & 16U) != 0 ? ScheduleRule::kBelowOneIsFraction : ScheduleRule::kPointIsFraction;
  request.line_comments = (modes & 32U) != 0 ? LineComments::kRemoved : LineComments::kText;
  request.newline_breaks = (modes & 64U) != 0;
  PromptStyle style{.name = "style", .prompt = std::string(next_line(lines)), .wildcards = "x=y,z"};
  if (!style.prompt.empty()) request.styles.push_back(std::move(style));
  std::vector<std::string> wildcard;
  while (!lines.empty() && wildcard.size() < 16) wildcard.emplace_back(next_line(lines));
  request.find_wildcard =
      [wildcard](std::string_view name) -> std::optional<std::vector<std::string>> {
    if (name != "w") return std::nullopt;
    return wildcard;
  };
  return request;
}

void check_chunk(const PromptChunk& chunk) {
  CHECK(chunk.tokens.size() <= kChunkTokens);
  CHECK(chunk.tokens.size() == chunk.weights.size());
  for (const float weight : chunk.weights) CHECK(std::isfinite(weight));
  int end = 0;
  for (const EmbeddingUse& use : chunk.embeddings) {
    CHECK(use.position >= end && use.vectors >= 1);
    end = use.position + use.vectors;
  }
  CHECK(end <= static_cast<int>(chunk.tokens.size()));
  CHECK(encoder_ids(chunk, {.padding = 0}).size() == kChunkRows);
  CHECK(encoder_weights(chunk).size() == kChunkRows);
}

void check_side(const PromptSide& side, int steps) {
  CHECK(is_valid_utf8(side.text) && side.text.size() <= kPromptBytesMax);
  CHECK(!side.parts.empty());
  for (const PromptPart& part : side.parts) {
    CHECK(std::isfinite(part.weight));
    int last = 0;
    for (const ScheduleEntry& entry : part.schedule) {
      CHECK(entry.last_step > last);
      last = entry.last_step;
      CHECK(entry.encoding >= 0 && entry.encoding < static_cast<int>(side.encodings.size()));
    }
    CHECK(last == steps);
  }
  for (const PromptEncoding& encoding : side.encodings) {
    CHECK(!encoding.terms.empty());
    for (const EncodingTerm& term : encoding.terms) {
      CHECK(std::isfinite(term.weight) && !term.chunks.empty());
      for (const PromptChunk& chunk : term.chunks) check_chunk(chunk);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const PromptRequest request = make_request(data[0], data[1], as_text(data + 2, size - 2));
  const auto plan = plan_prompt(request, tokenize_bytes);
  if (!plan) {
    const Error& error = plan.error();
    CHECK(error.code == ErrorCode::kInvalidArgument || error.code == ErrorCode::kUnsupported);
    CHECK(!error.message.empty() && !error.param.empty());
    return 0;
  }
  check_side(plan->positive, request.steps);
  check_side(plan->negative, request.steps);
  CHECK(plan->negative.parts.size() == 1);
  const auto again = plan_prompt(request, tokenize_bytes);
  CHECK(again.has_value() && again->positive.text == plan->positive.text);
  CHECK(again->positive.encodings.size() == plan->positive.encodings.size());
  return 0;
}
