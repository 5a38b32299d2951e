#include "grammar/text/language_measures.h"

#include <algorithm>
#include <bit>
#include <map>
#include <utility>

#include "grammar/text/content_hash.h"

namespace diptych::grammar {
namespace {

constexpr std::uint32_t kRunLengthMax = 256;  // no token has more code points
constexpr int kRunWidthMin = 8;               // characters; fewer are cheaper to walk

std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) {
  return a > ~std::uint64_t{0} - b ? ~std::uint64_t{0} : a + b;
}

std::uint64_t saturating_multiply(std::uint64_t a, std::uint64_t b) {
  return b != 0 && a > ~std::uint64_t{0} / b ? ~std::uint64_t{0} : a * b;
}

std::vector<std::uint64_t> block_sizes(const ClassPartition& blocks) {
  std::vector<std::uint64_t> sizes(blocks.block_count, 0);
  for (std::size_t i = 0; i < blocks.starts.size(); ++i) {
    const char32_t end = i + 1 < blocks.starts.size() ? blocks.starts[i + 1] : kCodePointMax + 1;
    sizes[blocks.blocks[i]] += CodePointSet({{blocks.starts[i], end - 1}}).size();
  }
  return sizes;
}

// Which blocks the characters of a step are in.
std::vector<bool> blocks_met(const ClassPartition& blocks,
                             const std::array<std::uint64_t, 2>& ascii, bool multibyte) {
  std::vector<bool> met(blocks.block_count, false);
  for (std::size_t c = 0; c < 128; ++c) {
    if ((ascii[c / 64] >> (c % 64) & 1U) != 0) met[blocks.ascii[c]] = true;
  }
  if (!multibyte) return met;
  met[blocks.block_of(0x80)] = true;
  for (std::size_t i = 0; i < blocks.starts.size(); ++i) {
    if (blocks.starts[i] > 0x80) met[blocks.blocks[i]] = true;
  }
  return met;
}

}  // namespace

// Level by level, with the number of strings that lead to each term: every one of them goes on to
// at least one whole string, so the levels give a lower bound at any time.
std::uint64_t LanguageMeasures::count(TermId id, std::uint64_t cap) {
  if (id == TermTable::kNone) return 0;
  if (terms_.get(id).plain && terms_.get(id).max_length == kUnbounded) return cap;
  std::map<TermId, std::uint64_t> level{{id, 1}};
  std::uint64_t accepted = 0;
  for (std::size_t steps = 0; !level.empty();) {
    std::map<TermId, std::uint64_t> deeper;
    std::uint64_t open = 0;
    for (const auto& [from, ways] : level) {
      if (terms_.get(from).nullable) accepted = saturating_add(accepted, ways);
      const std::vector<std::uint64_t> sizes = block_sizes(terms_.blocks(from));
      const std::vector<char32_t> representatives = terms_.blocks(from).representatives;
      for (std::size_t block = 0; block < sizes.size(); ++block, ++steps) {
        const TermId to = search_.next(from, representatives[block]);
        if (to == TermTable::kNone) continue;
        const std::uint64_t more = saturating_multiply(ways, sizes[block]);
        deeper[to] = saturating_add(deeper[to], more);
        open = saturating_add(open, more);
      }
    }
    const std::uint64_t least = saturating_add(accepted, open);
    if (least >= cap || steps > steps_max_) return std::min(least, cap);
    level = std::move(deeper);
  }
  return std::min(accepted, cap);
}

std::optional<PlainRun> LanguageMeasures::plain_run(TermId id) {
  if (const auto known = runs_.find(id); known != runs_.end()) return known->second;
  const Step step = widest_step(id);
  std::optional<PlainRun> run;
  if (std::popcount(step.ascii[0]) + std::popcount(step.ascii[1]) >= kRunWidthMin) {
    run = PlainRun{.ascii = step.ascii, .multibyte = step.multibyte, .uniform = step.uniform};
    run->code_points_max = run_length(id, step, run->uniform);
  }
  runs_.emplace(id, run);
  return run;
}

// Prefers characters after which all stays allowed that is now; else those that lead to the term
// that most lead to, or to more than it allows.
LanguageMeasures::Step LanguageMeasures::widest_step(TermId id) {
  const ClassPartition blocks = terms_.blocks(id);
  std::vector<TermId> targets;
  std::map<TermId, int> widths;
  TermId goal = TermTable::kNone;
  for (const char32_t representative : blocks.representatives) {
    targets.push_back(search_.next(id, representative));
    if (targets.back() != TermTable::kNone && terms_.includes(targets.back(), id)) goal = id;
  }
  if (goal == TermTable::kNone) {
    for (const std::uint16_t block : blocks.ascii) {
      if (targets[block] != TermTable::kNone) ++widths[targets[block]];
    }
    for (const auto& [target, width] : widths) {
      if (goal == TermTable::kNone || width > widths[goal]) goal = target;
    }
  }
  Step step{.to = goal, .uniform = true};
  if (goal == TermTable::kNone) return step;
  std::vector<bool> inside;
  for (const TermId target : targets) {
    inside.push_back(target != TermTable::kNone && terms_.includes(target, goal));
    step.uniform = step.uniform && (!inside.back() || target == goal);
  }
  for (std::size_t c = 0; c < 128; ++c) {
    if (inside[blocks.ascii[c]]) step.ascii[c / 64] |= std::uint64_t{1} << (c % 64);
  }
  step.multibyte = inside[blocks.block_of(0x80)];
  for (std::size_t i = 0; i < blocks.starts.size(); ++i) {
    if (blocks.starts[i] > 0x80) step.multibyte = step.multibyte && inside[blocks.blocks[i]];
  }
  return step;
}

std::uint32_t LanguageMeasures::run_length(TermId from, const Step& step, bool& uniform) {
  if (step.to == from) return kUnbounded;
  TermId at = step.to;
  for (std::uint32_t length = 1; length < kRunLengthMax; ++length) {
    TermId to = TermTable::kNone;
    if (!all_lead_beyond(at, step, {to, uniform})) return length;
    if (terms_.includes(to, at)) return kUnbounded;
    at = to;
  }
  return kRunLengthMax;
}

// All characters of the step lead on from here, to at least what one of them leads to.
bool LanguageMeasures::all_lead_beyond(TermId from, const Step& step, Lead lead) {
  const std::vector<char32_t> representatives = terms_.blocks(from).representatives;
  const std::vector<bool> met = blocks_met(terms_.blocks(from), step.ascii, step.multibyte);
  for (std::size_t block = 0; block < met.size(); ++block) {
    if (!met[block]) continue;
    const TermId target = search_.next(from, representatives[block]);
    if (target == TermTable::kNone) return false;
    if (lead.to != TermTable::kNone && lead.to != target) lead.uniform = false;
    if (lead.to == TermTable::kNone || terms_.includes(lead.to, target)) lead.to = target;
    if (!terms_.includes(target, lead.to)) return false;
  }
  return true;
}

std::uint64_t LanguageMeasures::key(TermId id, std::uint32_t reach) {
  if (reach != reach_) clipped_.clear();
  reach_ = reach;
  return clipped_hash(id);
}

// The hash of a term that has the same strings up to `reach` code points, and goes on after the
// same ones. Union, concatenation and counts allow part by part what intersections do not.
std::uint64_t LanguageMeasures::clipped_hash(TermId id) {
  const Term term = terms_.get(id);
  if (term.kind < TermKind::kConcat || term.kind > TermKind::kAnd) return term.hash;
  if (const auto known = clipped_.find(id); known != clipped_.end()) return known->second;
  ContentHash hash(static_cast<std::uint64_t>(term.kind) + 100);
  if (term.kind == TermKind::kRepeat) {
    hash.add(clipped_hash(term.a));
    hash.add(std::min(term.min, reach_ + 1));
    hash.add(term.max > reach_ ? kUnbounded : term.max);
  } else if (term.kind == TermKind::kConcat) {
    TermId part = id;
    std::uint64_t length = 0;
    for (; terms_.get(part).kind == TermKind::kConcat && length <= reach_;
         part = terms_.get(part).b) {
      hash.add(clipped_hash(terms_.get(part).a));
      length += terms_.get(terms_.get(part).a).min_length;
    }
    if (length <= reach_) hash.add(clipped_hash(part));
  } else if (term.kind == TermKind::kOr) {
    std::vector<std::uint64_t> parts;
    for (std::uint32_t i = 0; i < term.b; ++i) {
      parts.push_back(clipped_hash(terms_.members(id)[i]));
    }
    std::ranges::sort(parts);
    const auto repeats = std::ranges::unique(parts);
    for (auto part = parts.begin(); part != repeats.begin(); ++part) hash.add(*part);
  } else {
    hash = ContentHash(clipped_both(id));
  }
  clipped_.emplace(id, hash.value());
  return hash.value();
}

// A bound on length far beyond what any way within reach still needs does not matter.
std::uint64_t LanguageMeasures::clipped_both(TermId id) {
  const auto members = terms_.members(id);
  const std::uint64_t exact = terms_.get(id).hash;
  if (members.size() != 2) return exact;
  const bool first_is_length = terms_.is_length(members[0]);
  if (!first_is_length && !terms_.is_length(members[1])) return exact;
  const Term& bound = terms_.get(members[first_is_length ? 0 : 1]);
  const TermId core = members[first_is_length ? 1 : 0];
  if (!terms_.get(core).plain || bound.min > 0) return exact;
  const std::uint64_t rest =
      std::max<std::uint64_t>(terms_.get(core).min_length, rest_after_longest(core));
  return bound.max >= saturating_add(rest, reach_) ? clipped_hash(core) : exact;
}

// No derivative of the plain term has a shortest string that is longer than this.
std::uint64_t LanguageMeasures::rest_after_longest(TermId id) const {
  const Term& term = terms_.get(id);
  switch (term.kind) {
    case TermKind::kLiterals:
      return term.max_length - 1;
    case TermKind::kConcat: {
      std::uint64_t longest = 0;
      TermId part = id;
      for (; terms_.get(part).kind == TermKind::kConcat; part = terms_.get(part).b) {
        const Term& concat = terms_.get(part);
        longest = std::max(
            longest, saturating_add(rest_after_longest(concat.a), terms_.get(concat.b).min_length));
      }
      return std::max(longest, rest_after_longest(part));
    }
    case TermKind::kRepeat: {
      const std::uint64_t more = term.min == 0 ? 0 : term.min - 1;
      return saturating_add(rest_after_longest(term.a),
                            saturating_multiply(terms_.get(term.a).min_length, more));
    }
    case TermKind::kOr: {
      std::uint64_t longest = 0;
      for (const TermId member : terms_.members(id)) {
        longest = std::max(longest, rest_after_longest(member));
      }
      return longest;
    }
    default:
      return 0;
  }
}

}  // namespace diptych::grammar
