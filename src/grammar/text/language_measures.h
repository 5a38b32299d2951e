#pragma once
// What masks and array rules ask of a language: how many strings, which characters change nothing,
// and a key under which its near future is the same.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "grammar/machine.h"
#include "grammar/text/term_search.h"
#include "grammar/text/term_table.h"

namespace diptych::grammar {

class LanguageMeasures {
 public:
  LanguageMeasures(TermTable& terms, TermSearch& search, const Limits& limits)
      : terms_(terms), search_(search), steps_max_(limits.search_steps_max) {}

  std::uint64_t count(TermId id, std::uint64_t cap);
  std::optional<PlainRun> plain_run(TermId id);
  std::uint64_t key(TermId id, std::uint32_t reach);

 private:
  struct Step {  // the block of ASCII that most characters are in, where it leads
    std::array<std::uint64_t, 2> ascii{};
    bool multibyte = false;
    TermId to = TermTable::kNone;
    bool uniform = false;
  };
  struct Lead {
    TermId& to;
    bool& uniform;
  };
  Step widest_step(TermId id);
  std::uint32_t run_length(TermId from, const Step& step, bool& uniform);
  bool all_lead_beyond(TermId from, const Step& step, Lead lead);
  std::uint64_t clipped_hash(TermId id);
  std::uint64_t clipped_both(TermId id);
  std::uint64_t rest_after_longest(TermId id) const;

  TermTable& terms_;
  TermSearch& search_;
  std::size_t steps_max_;
  std::unordered_map<TermId, std::optional<PlainRun>> runs_;
  std::uint32_t reach_ = 0;  // of clipped_
  std::unordered_map<TermId, std::uint64_t> clipped_;
};

}  // namespace diptych::grammar
