#include "grammar/text/term_table.h"

#include <algorithm>
#include <utility>

#include "grammar/text/content_hash.h"

namespace diptych::grammar {
namespace {

std::uint64_t hash_of(const CodePointSet& set) {
  ContentHash hash;
  for (const CodePointRange& range : set.ranges()) {
    hash.add(std::uint64_t{range.first} << 32U | range.last);
  }
  return hash.value();
}

bool same_fields(const Term& x, const Term& y) {
  return x.kind == y.kind && x.a == y.a && x.b == y.b && x.min == y.min && x.max == y.max;
}

bool is_nary(TermKind kind) { return kind == TermKind::kOr || kind == TermKind::kAnd; }

}  // namespace

TermTable::TermTable(const Limits& limits)
    : alternatives_max_(limits.alternatives_max),
      memory_bytes_max_(limits.memory_bytes_max),
      slots_(1024, kUnbounded) {
  intern({.kind = TermKind::kNone, .plain = true, .min_length = kUnbounded, .hash = 1});
  intern({.kind = TermKind::kEmpty, .nullable = true, .plain = true, .gapless = true, .hash = 2});
  terms_.emplace_back();  // kAll keeps its number: filled in below
  progress_.emplace_back();
  any_ = char_class(CodePointSet::all());
  ContentHash hash(3);
  hash.add(terms_[any_].hash);
  const Term all{.kind = TermKind::kRepeat,
                 .nullable = true,
                 .plain = true,
                 .gapless = true,
                 .a = any_,
                 .max = kUnbounded,
                 .max_length = kUnbounded,
                 .hash = hash.value()};
  terms_[kAll] = all;
  slots_[slot_of(all, {})] = kAll;
}

std::span<const TermId> TermTable::members(TermId id) const {
  const Term& term = terms_[id];
  return std::span(members_).subspan(term.a, term.b);
}

TermId TermTable::char_class(const CodePointSet& set) {
  if (set.empty()) return kNone;
  const std::uint64_t content = hash_of(set);
  std::uint32_t index = kUnbounded;
  const auto [first, last] = class_by_hash_.equal_range(content);
  for (auto known = first; known != last; ++known) {
    if (classes_[known->second] == set) index = known->second;
  }
  if (index == kUnbounded) {
    index = static_cast<std::uint32_t>(classes_.size());
    classes_.push_back(set);
    class_by_hash_.emplace(content, index);
    class_bytes_ += 96 + set.ranges().size() * sizeof(CodePointRange);
  }
  ContentHash hash(4);
  hash.add(content);
  return intern({.kind = TermKind::kClass,
                 .plain = true,
                 .gapless = true,
                 .a = index,
                 .min_length = 1,
                 .max_length = 1,
                 .hash = hash.value()});
}

TermId TermTable::literals(std::vector<std::u32string> strings) {
  return literal_term(literal_sets_.add(std::move(strings)));
}

TermId TermTable::literal_term(const LiteralRange& range) {
  if (range.first == range.last) return kNone;
  const LiteralSets::Lengths lengths = literal_sets_.lengths(range);
  if (lengths.max == 0) return kEmpty;
  ContentHash hash(5);
  hash.add(literal_sets_.hash(range));
  return intern({.kind = TermKind::kLiterals,
                 .nullable = lengths.min == 0,
                 .plain = true,
                 .gapless = lengths.min == lengths.max,
                 .a = range.list,
                 .b = range.first,
                 .min = range.last,
                 .max = range.depth,
                 .min_length = lengths.min,
                 .max_length = lengths.max,
                 .hash = hash.value()});
}

TermId TermTable::point(PointSource& source, std::uint32_t place, std::uint32_t context) {
  auto known = std::ranges::find(point_sources_, &source);
  if (known == point_sources_.end()) {
    point_sources_.push_back(&source);
    known = std::prev(point_sources_.end());
  }
  const auto index = static_cast<std::uint32_t>(known - point_sources_.begin());
  ContentHash hash(6);
  hash.add(source.hash(place, context));
  return intern({.kind = TermKind::kPoint,
                 .nullable = source.nullable(place, context),
                 .a = place,
                 .b = context,
                 .min = index,
                 .max_length = kUnbounded,
                 .hash = hash.value()});
}

TermId TermTable::intern(Term term, std::span<const TermId> members) {
  std::size_t slot = slot_of(term, members);
  if (slots_[slot] != kUnbounded) return slots_[slot];
  if ((terms_.size() + 1) * 2 > slots_.size()) {
    grow_slots();
    slot = slot_of(term, members);
  }
  if (!members.empty()) {
    term.a = static_cast<std::uint32_t>(members_.size());
    term.b = static_cast<std::uint32_t>(members.size());
    members_.insert(members_.end(), members.begin(), members.end());
  }
  const auto id = static_cast<TermId>(terms_.size());
  terms_.push_back(term);
  progress_.emplace_back();
  slots_[slot] = id;
  if (is_full()) overflowed_ = true;
  return id;
}

std::size_t TermTable::slot_of(const Term& term, std::span<const TermId> members) const {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = term.hash & mask;; slot = (slot + 1) & mask) {
    if (slots_[slot] == kUnbounded) return slot;
    const Term& other = terms_[slots_[slot]];
    if (other.hash != term.hash || other.kind != term.kind) continue;
    const bool same = is_nary(term.kind) ? std::ranges::equal(this->members(slots_[slot]), members)
                                         : same_fields(term, other);
    if (same) return slot;
  }
}

void TermTable::grow_slots() {
  slots_.assign(slots_.size() * 2, kUnbounded);
  const std::size_t mask = slots_.size() - 1;
  for (TermId id = 0; id < terms_.size(); ++id) {
    std::size_t slot = terms_[id].hash & mask;
    while (slots_[slot] != kUnbounded) slot = (slot + 1) & mask;
    slots_[slot] = id;
  }
}

std::size_t TermTable::memory_bytes() const {
  return terms_.size() * (sizeof(Term) + sizeof(Progress)) +
         (members_.size() + targets_.size() + slots_.size()) * sizeof(TermId) + class_bytes_ +
         literal_sets_.memory_bytes() + partitions_.memory_bytes();
}

}  // namespace diptych::grammar
