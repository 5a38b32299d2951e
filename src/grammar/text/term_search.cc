#include "grammar/text/term_search.h"

#include <algorithm>
#include <queue>
#include <utility>

namespace diptych::grammar {

bool TermSearch::has_strings(TermId id) {
  const Fate fate = quick_fate(id);
  return fate == Fate::kUnknown ? search(id) : fate == Fate::kAlive;
}

TermId TermSearch::next(TermId id, char32_t code_point) {
  const TermId rest = terms_.derive(id, code_point);
  if (rest == TermTable::kNone) {
    if (terms_.overflowed()) {
      terms_.clear_overflow();
      ++refused_count_;
    }
    return rest;
  }
  if (terms_.get(rest).plain || fate_of(rest) == Fate::kAlive) return rest;
  if (has_strings(rest)) return rest;
  terms_.forget_target(id, code_point);
  return TermTable::kNone;
}

void TermSearch::settle(TermId id, Fate fate) {
  if (id >= alive_.size()) alive_.resize(std::max<std::size_t>(id + 1, terms_.size()));
  alive_[id] = fate;
}

TermSearch::Fate TermSearch::quick_fate(TermId id) {
  const Term term = terms_.get(id);
  if (term.kind == TermKind::kNone) return Fate::kDead;
  if (term.plain || term.nullable) return Fate::kAlive;
  if (const Fate known = fate_of(id); known != Fate::kUnknown) return known;
  Fate fate = Fate::kUnknown;
  switch (term.kind) {
    case TermKind::kConcat: {
      const Fate head = quick_fate(term.a), tail = quick_fate(term.b);
      if (head == Fate::kDead || tail == Fate::kDead) fate = Fate::kDead;
      if (head == Fate::kAlive && tail == Fate::kAlive) fate = Fate::kAlive;
      break;
    }
    case TermKind::kRepeat:
      fate = quick_fate(term.a);
      break;
    case TermKind::kOr: {
      bool all_dead = true;
      for (std::uint32_t i = 0; i < term.b && fate != Fate::kAlive; ++i) {
        const Fate member = quick_fate(terms_.members(id)[i]);
        if (member == Fate::kAlive) fate = Fate::kAlive;
        all_dead = all_dead && member == Fate::kDead;
      }
      if (all_dead) fate = Fate::kDead;
      break;
    }
    case TermKind::kAnd:
      fate = both_fate(id);
      break;
    default:
      break;
  }
  if (fate != Fate::kUnknown) settle(id, fate);
  return fate;
}

// Bounds on length with one plain term: decided by the lengths that the term has.
TermSearch::Fate TermSearch::both_fate(TermId id) {
  const auto members = terms_.members(id);
  if (members.size() != 2) return Fate::kUnknown;
  const bool first_is_length = terms_.is_length(members[0]);
  if (!first_is_length && !terms_.is_length(members[1])) return Fate::kUnknown;
  const Term& bound = terms_.get(members[first_is_length ? 0 : 1]);
  const TermId core_id = members[first_is_length ? 1 : 0];
  const Term& core = terms_.get(core_id);
  if (!core.plain) return Fate::kUnknown;
  if (core.max_length < bound.min || core.min_length > bound.max) return Fate::kDead;
  if (core.gapless || core.min_length >= bound.min) return Fate::kAlive;
  if (core.max_length != kUnbounded && core.max_length <= bound.max) return Fate::kAlive;
  lengths_.trim();
  const TermLengths::Lengths& lengths = lengths_.of(core_id);
  const std::size_t from = bound.min;
  const std::size_t place = from == 0 ? lengths._Find_first() : lengths._Find_next(from - 1);
  if (from <= TermLengths::kHorizon && place <= TermLengths::kHorizon && place <= bound.max) {
    return Fate::kAlive;
  }
  return bound.max <= TermLengths::kHorizon ? Fate::kDead : Fate::kUnknown;
}

bool TermSearch::search(TermId id) {
  std::vector<Visit> visits{{id, kUnbounded}};
  std::unordered_map<TermId, std::size_t> seen{{id, 0}};
  using Open = std::pair<std::uint64_t, std::size_t>;  // least length still to come, visit
  std::priority_queue<Open, std::vector<Open>, std::greater<>> open;
  open.emplace(0, 0);
  std::size_t steps = 0;
  while (!open.empty()) {
    const std::size_t at = open.top().second;
    open.pop();
    const TermId from = visits[at].term;
    const std::vector<char32_t> ways = terms_.blocks(from).representatives;
    for (const char32_t way : ways) {
      const TermId to = terms_.derive(from, way);
      if (++steps > steps_max_ || terms_.overflowed()) {
        terms_.clear_overflow();
        settle(id, Fate::kDead);
        ++refused_count_;
        return false;
      }
      const auto [place, is_new] = seen.try_emplace(to, visits.size());
      if (!is_new) continue;
      const Fate fate = quick_fate(to);
      if (fate == Fate::kDead) continue;
      if (fate == Fate::kAlive) {
        for (std::uint32_t back = static_cast<std::uint32_t>(at); back != kUnbounded;
             back = visits[back].parent) {
          settle(visits[back].term, Fate::kAlive);
        }
        return true;
      }
      visits.push_back({to, static_cast<std::uint32_t>(at)});
      // Equal promises: the newest first, which goes deep.
      open.emplace(std::uint64_t{terms_.get(to).min_length} << 32U | (~visits.size() & 0xFFFF'FFFF),
                   visits.size() - 1);
    }
  }
  for (const Visit& visit : visits) settle(visit.term, Fate::kDead);
  return false;
}

std::uint32_t TermSearch::shortest(TermId id) {
  if (terms_.get(id).plain) return terms_.get(id).min_length;
  std::unordered_map<TermId, bool> seen{{id, true}};
  std::vector<TermId> level{id};
  std::size_t steps = 0;
  for (std::uint32_t length = 0; !level.empty(); ++length) {
    std::vector<TermId> deeper;
    for (const TermId from : level) {
      if (terms_.get(from).nullable) return length;
      const std::vector<char32_t> ways = terms_.blocks(from).representatives;
      for (const char32_t way : ways) {
        if (++steps > steps_max_) return kUnbounded;
        const TermId to = next(from, way);
        if (to != TermTable::kNone && seen.try_emplace(to, true).second) deeper.push_back(to);
      }
    }
    level = std::move(deeper);
  }
  return kUnbounded;
}

}  // namespace diptych::grammar
