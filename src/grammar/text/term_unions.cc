// Union and intersection in normal form: flat, sorted by content, without repeats, and with pairs
// that make one term of the same shape merged. The merging is what keeps counted repetition from
// spreading out: x{0,8}y | x{0,7}y is one term.

#include <algorithm>
#include <limits>

#include "grammar/text/content_hash.h"
#include "grammar/text/term_table.h"

namespace diptych::grammar {
namespace {

constexpr std::size_t kMergeWidthMax = 24;  // pairs are compared up to this many parts

}  // namespace

TermId TermTable::either(std::vector<TermId> parts) {
  parts = flattened(TermKind::kOr, parts);
  CodePointSet classes;
  bool has_empty = false, others_nullable = false;
  std::vector<TermId> rest;
  for (const TermId part : parts) {
    const Term& term = terms_[part];
    if (part == kAll) return kAll;
    if (part == kNone) continue;
    if (part == kEmpty) {
      has_empty = true;
    } else if (term.kind == TermKind::kClass) {
      classes = classes.empty() ? classes_[term.a] : classes | classes_[term.a];
    } else {
      others_nullable |= term.nullable;
      rest.push_back(part);
    }
  }
  if (!classes.empty()) rest.push_back(char_class(classes));
  if (has_empty && !others_nullable) rest.push_back(kEmpty);
  sort_and_merge(TermKind::kOr, rest);
  return nary(TermKind::kOr, rest);
}

TermId TermTable::both(std::vector<TermId> parts) {
  parts = flattened(TermKind::kAnd, parts);
  bool has_class = false, has_empty = false, all_nullable = true;
  CodePointSet classes;
  std::vector<TermId> rest;
  std::uint32_t length_min = 0, length_max = kUnbounded;
  for (const TermId part : parts) {
    const Term& term = terms_[part];
    if (part == kNone) return kNone;
    all_nullable = all_nullable && term.nullable;
    if (part == kEmpty) {
      has_empty = true;
    } else if (term.kind == TermKind::kClass) {
      classes = has_class ? classes & classes_[term.a] : classes_[term.a];
      has_class = true;
    } else if (is_length(part)) {
      length_min = std::max(length_min, term.min);
      length_max = std::min(length_max, term.max);
    } else {
      rest.push_back(part);
    }
  }
  if (has_empty) return all_nullable ? kEmpty : kNone;
  if (has_class && classes.empty()) return kNone;
  if (has_class) rest.push_back(char_class(classes));
  bool bound_needed = rest.empty(), lower_needed = true, upper_needed = true;
  for (const TermId part : rest) {
    const Term& term = terms_[part];
    if (term.max_length < length_min || term.min_length > length_max) return kNone;
    if (term.min_length >= length_min) lower_needed = false;
    if (term.max_length <= length_max) upper_needed = false;
  }
  bound_needed |= (lower_needed && length_min > 0) || (upper_needed && length_max != kUnbounded);
  if (bound_needed) {
    const TermId bound = length(length_min, length_max);
    if (bound == kNone) return kNone;
    if (bound != kAll || rest.empty()) rest.push_back(bound);
  }
  sort_and_merge(TermKind::kAnd, rest);
  return nary(TermKind::kAnd, rest);
}

std::vector<TermId> TermTable::flattened(TermKind kind, const std::vector<TermId>& parts) {
  std::vector<TermId> flat;
  for (const TermId part : parts) {
    if (terms_[part].kind == kind) {
      const auto inner = members(part);
      flat.insert(flat.end(), inner.begin(), inner.end());
    } else {
      flat.push_back(part);
    }
  }
  return flat;
}

void TermTable::sort_and_merge(TermKind kind, std::vector<TermId>& parts) {
  std::ranges::sort(parts);
  const auto repeats = std::ranges::unique(parts);
  parts.erase(repeats.begin(), repeats.end());
  for (bool changed = true; changed && parts.size() > 1 && parts.size() <= kMergeWidthMax;) {
    changed = false;
    for (std::size_t i = 0; i + 1 < parts.size() && !changed; ++i) {
      for (std::size_t j = i + 1; j < parts.size() && !changed; ++j) {
        const TermId one =
            kind == TermKind::kOr ? joined(parts[i], parts[j]) : met(parts[i], parts[j]);
        if (one == kNoTerm) continue;
        parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(j));
        parts[i] = one;
        parts = flattened(kind, parts);
        changed = true;
      }
    }
  }
  std::ranges::sort(parts, [this](TermId a, TermId b) {  // by content: the same in every table
    return terms_[a].hash != terms_[b].hash ? terms_[a].hash < terms_[b].hash : a < b;
  });
  const auto more_repeats = std::ranges::unique(parts);
  parts.erase(more_repeats.begin(), more_repeats.end());
}

bool TermTable::are_complements(TermId a, TermId b) const {
  const Term &x = terms_[a], &y = terms_[b];
  return (x.kind == TermKind::kNot && x.a == b) || (y.kind == TermKind::kNot && y.a == a);
}

TermId TermTable::joined(TermId a, TermId b) {
  if (includes(a, b)) return a;
  if (includes(b, a)) return b;
  if (are_complements(a, b)) return kAll;
  const TermId repeats = joined_repeats(a, b);
  return repeats != kNoTerm ? repeats : joined_concats(a, b);
}

// x{a,b} | x{c,d}, where the counts overlap or touch.
TermId TermTable::joined_repeats(TermId a, TermId b) {
  const Term x = terms_[a], y = terms_[b];
  const TermId x_body = x.kind == TermKind::kRepeat ? x.a : a;
  const TermId y_body = y.kind == TermKind::kRepeat ? y.a : b;
  if (x_body != y_body) return kNoTerm;
  const std::uint64_t x_min = x.kind == TermKind::kRepeat ? x.min : 1;
  const std::uint64_t x_max = x.kind == TermKind::kRepeat ? x.max : 1;
  const std::uint64_t y_min = y.kind == TermKind::kRepeat ? y.min : 1;
  const std::uint64_t y_max = y.kind == TermKind::kRepeat ? y.max : 1;
  if (x_max + 1 < y_min || y_max + 1 < x_min) return kNoTerm;
  return repeat(x_body, static_cast<std::uint32_t>(std::min(x_min, y_min)),
                static_cast<std::uint32_t>(std::max(x_max, y_max)));
}

// h·s | h·t = h·(s|t);  r·t | s·t = (r|s)·t where r and s are counts of one term.
TermId TermTable::joined_concats(TermId a, TermId b) {
  const Term x = terms_[a], y = terms_[b];
  const bool x_concat = x.kind == TermKind::kConcat, y_concat = y.kind == TermKind::kConcat;
  if (!x_concat && !y_concat) return kNoTerm;
  const TermId x_head = x_concat ? x.a : a, x_tail = x_concat ? x.b : kEmpty;
  const TermId y_head = y_concat ? y.a : b, y_tail = y_concat ? y.b : kEmpty;
  if (x_head == y_head) return concat(x_head, either({x_tail, y_tail}));
  if (x_tail != y_tail) return kNoTerm;
  const TermId head = joined_repeats(x_head, y_head);
  return head == kNoTerm ? kNoTerm : concat(head, x_tail);
}

TermId TermTable::met(TermId a, TermId b) {
  if (includes(a, b)) return b;
  if (includes(b, a)) return a;
  if (are_complements(a, b)) return kNone;
  const Term x = terms_[a], y = terms_[b];
  if (x.kind != TermKind::kConcat || y.kind != TermKind::kConcat) return kNoTerm;
  if (x.a != y.a) return kNoTerm;
  const bool one_length = terms_[x.a].min_length == terms_[x.a].max_length;
  return one_length ? concat(x.a, both({x.b, y.b})) : kNoTerm;  // h·s & h·t = h·(s & t)
}

TermId TermTable::nary(TermKind kind, const std::vector<TermId>& parts) {
  if (parts.empty()) return kind == TermKind::kOr ? kNone : kAll;
  if (parts.size() == 1) return parts.front();
  if (parts.size() > alternatives_max_) overflowed_ = true;
  const bool is_or = kind == TermKind::kOr;
  ContentHash hash(is_or ? 9 : 10);
  Term term{.kind = kind, .nullable = !is_or, .plain = is_or};
  term.min_length = is_or ? kUnbounded : 0;
  term.max_length = is_or ? 0 : kUnbounded;
  for (const TermId part : parts) {
    const Term& member = terms_[part];
    hash.add(member.hash);
    term.nullable = is_or ? term.nullable || member.nullable : term.nullable && member.nullable;
    term.plain = term.plain && member.plain;
    term.min_length = is_or ? std::min(term.min_length, member.min_length)
                            : std::max(term.min_length, member.min_length);
    term.max_length = is_or ? std::max(term.max_length, member.max_length)
                            : std::min(term.max_length, member.max_length);
  }
  if (!is_or && term.min_length > term.max_length) return kNone;
  if (is_or && term.plain) term.gapless = lengths_touch(parts);
  term.hash = hash.value();
  return intern(term, parts);
}

// Whether the gapless lengths of the parts, all together, are gapless too.
bool TermTable::lengths_touch(std::vector<TermId> parts) const {
  std::ranges::sort(parts, {}, [this](TermId id) { return terms_[id].min_length; });
  std::uint64_t reached = terms_[parts.front()].min_length;
  for (const TermId part : parts) {
    const Term& term = terms_[part];
    if (!term.gapless || term.min_length > reached + 1) return false;
    reached = std::max<std::uint64_t>(reached, term.max_length);
  }
  return true;
}

}  // namespace diptych::grammar
