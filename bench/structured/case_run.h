#pragma once
// One MaskBench case, judged and timed.

#include <cstdint>
#include <string>
#include <vector>

#include "grammar/constraint.h"
#include "structured/case_file.h"
#include "structured/cpu_clock.h"

namespace diptych::bench {

enum class Verdict : std::uint8_t {
  kPass,
  kRefused,          // an honest compile error
  kValidRejected,    // a valid instance's token refused, or the text cannot end there
  kInvalidAccepted,  // an invalid instance accepted to its end
  kFailure,          // an error after a successful compile
  kCrash,
  kTimeout,
};
std::string_view name_of(Verdict verdict);

struct Misjudged {
  Verdict verdict = Verdict::kValidRejected;
  std::uint32_t instance = 0;
  std::uint32_t token = 0;  // position of the refused token; the token count: the end was refused
  std::string text;         // the bytes before that position, the last of them
  std::string message;      // kFailure
};

struct CaseResult {
  std::string id;
  Verdict verdict = Verdict::kPass;
  bool has_instances = false;
  bool passes_without_end_check = false;
  std::string reason;   // kRefused: "code keyword"
  std::string message;  // kRefused: pointer and message; kCrash, kTimeout: how the worker ended
  std::vector<Misjudged> misjudged;
  std::uint64_t compile_ns = 0, first_mask_ns = 0, recompile_ns = 0;
  std::vector<std::uint32_t> cold_ns, warm_ns;  // mask + bit test + accept, one for each token
  std::uint64_t memory_bytes = 0, masks = 0, mask_hits = 0, store_hits = 0, refused_bytes = 0;
};

struct CaseSettings {
  grammar::Policy policy;
  bool warm_pass = true;  // run everything a second time on the same compiled schema
};

CaseResult run_case(const MaskCase& mask_case, const grammar::Target& target,
                    const CaseSettings& settings, const CpuClock& clock);

}  // namespace diptych::bench
