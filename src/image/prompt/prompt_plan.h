#pragma once
// A request's prompt texts → what to encode and when to use it. Pure: reads no files, starts no
// threads. The order: comments, styles, choices and wildcards, network tags, AND, schedules,
// attention, chunks.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "image/prompt/attention.h"
#include "image/prompt/choices.h"
#include "image/prompt/chunks.h"
#include "image/prompt/comments.h"
#include "image/prompt/emphasis.h"
#include "image/prompt/network_tags.h"
#include "image/prompt/schedule.h"
#include "image/prompt/styles.h"
#include "image/prompt/tokenize.h"

namespace diptych {

struct PromptRequest {
  std::string prompt, negative_prompt;  // UTF-8, at most kPromptBytesMax each
  std::vector<PromptStyle> styles;      // in order
  StyleJoin style_join = StyleJoin::kComma;
  LineComments line_comments = LineComments::kText;

  std::uint64_t seed = 0;  // of this picture: decides its choices
  FindWildcard find_wildcard;

  AttentionSyntax attention = AttentionSyntax::kA1111;
  EmphasisMode emphasis = EmphasisMode::kOriginal;  // as applied later; kIgnore, kNone: also here
  bool newline_breaks = true;                       // AttentionReading

  int steps = 20;      // of this pass
  int base_steps = 0;  // of the first pass, when this is the second one; see PromptScheduleOptions
  ScheduleRule schedule_rule = ScheduleRule::kPointIsFraction;

  double network_weight = 1;  // of tags without one
  int comma_backtrack = 20;
  const EmbeddingTable* embeddings = nullptr;  // outlives the call
};

// One term of an encoding: `weight` times the encodings of its chunks, laid one after the other
// [77 · chunks, channels]. More than one term only for a blend (compel).
struct EncodingTerm {
  double weight = 1;
  std::vector<PromptChunk> chunks;
};

struct PromptEncoding {
  std::string text;                 // with schedules resolved
  std::vector<EncodingTerm> terms;  // at least one
  int token_count = 0;              // of the longest term; of 75 · its chunks
};

struct ScheduleEntry {
  int last_step = 0;  // 1-based: valid up to and including this step
  int encoding = 0;   // index in PromptSide::encodings
};

struct PromptPart {
  double weight = 1;
  std::vector<ScheduleEntry> schedule;  // ascending; the last one ends at `steps`

  int encoding_at(int step) const;  // `step` is 1-based; beyond the last one: as the last one
};

struct PromptSide {
  std::string text;  // after comments, styles and choices, tags included: what infotext records
  std::vector<PromptEncoding> encodings;  // each different text once
  std::vector<PromptPart> parts;          // at least one; the negative prompt has one
};

struct PromptPlan {
  PromptSide positive, negative;
  std::vector<NetworkTag> networks;  // in order; of the positive prompt
  std::vector<MadeChoice> choices;   // of both, for infotext
  Warnings warnings;
};

// Errors (kInvalidArgument, kUnsupported) name the field (prompt, negative_prompt, steps), the
// value and the limit. Cost: linear in the texts of all steps.
Result<PromptPlan> plan_prompt(const PromptRequest& request, const Tokenize& tokenize);

}  // namespace diptych
