#pragma once
// Random walks under the masks: whatever the masks allow must end, and end in a document that the
// plain evaluator accepts.

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "grammar/constraint.h"
#include "grammar/schema/schema.h"
#include "structured/case_file.h"

namespace diptych::bench {

enum class WalkEnd : std::uint8_t {
  kSound,       // ended, and the document holds
  kUnfinished,  // still going at the token limit
  kDeadEnd,     // no token may come
  kRefused,     // a token of the mask was not accepted
  kNotJson,
  kViolation,  // the evaluator disagrees
  kCrash,
};
std::string_view name_of(WalkEnd end);

struct Walk {
  WalkEnd end = WalkEnd::kSound;
  std::uint64_t seed = 0;
  std::string text;     // so far
  std::string message;  // what was wrong
};

struct WalkOptions {
  int soft_tokens = 60;    // after so many the walk only wants to end
  int hard_tokens = 2000;  // and then gives up
};

Walk walk_once(const grammar::Constraint& constraint, const grammar::Schema& schema,
               std::uint64_t seed, const WalkOptions& options = {});

struct WalksPlan {
  grammar::Policy policy;
  int walk_count = 1;  // for each case
  int process_count = 1;
  int case_ms_max = 60'000;
  CaseRange range;
};
Json run_walks(const CaseFile& file, const grammar::Target& target, const WalksPlan& plan);

}  // namespace diptych::bench
