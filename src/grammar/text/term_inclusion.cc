// A short structural look at whether one language includes another: what keeps unions and
// intersections of derivatives small. "No" only means "not seen".

#include <algorithm>

#include "grammar/text/term_table.h"

namespace diptych::grammar {
namespace {

constexpr int kFuel = 64;  // comparisons for one question

}  // namespace

bool TermTable::includes(TermId a, TermId b) const {
  int fuel = kFuel;
  return includes(a, b, fuel);
}

bool TermTable::includes(TermId a, TermId b, int& fuel) const {
  if (a == b || a == kAll || b == kNone) return true;
  const Term &x = terms_[a], &y = terms_[b];
  if (fuel-- <= 0 || (y.nullable && !x.nullable)) return false;
  if (b == kEmpty) return x.nullable;
  if (y.plain && (x.max_length < y.max_length || x.min_length > y.min_length)) return false;
  const auto holds = [&](TermId member) { return includes(a, member, fuel); };
  if (y.kind == TermKind::kOr) return std::ranges::all_of(members(b), holds);
  const auto held_by = [&](TermId member) { return includes(member, b, fuel); };
  if (x.kind == TermKind::kAnd) return std::ranges::all_of(members(a), held_by);
  if (is_length(a)) return x.min <= y.min_length && x.max >= y.max_length;
  if (x.kind == TermKind::kOr && std::ranges::any_of(members(a), held_by)) return true;
  if (y.kind == TermKind::kAnd && std::ranges::any_of(members(b), holds)) return true;
  if (x.kind == TermKind::kNot) return y.kind == TermKind::kNot && includes(y.a, x.a, fuel);
  if (x.kind == TermKind::kClass) {
    return y.kind == TermKind::kClass && classes_[x.a].contains(classes_[y.a]);
  }
  if (x.kind == TermKind::kRepeat) return repeat_includes(x, a, b, fuel);
  return x.kind == TermKind::kConcat && concat_includes(x, a, b, fuel);
}

bool TermTable::repeat_includes(const Term& x, TermId a, TermId b, int& fuel) const {
  const Term& y = terms_[b];
  if (y.kind == TermKind::kRepeat && x.min <= y.min && x.max >= y.max && includes(x.a, y.a, fuel)) {
    return true;
  }
  if (x.min <= 1 && includes(x.a, b, fuel)) return true;
  const bool closed = x.min == 0 && x.max == kUnbounded;  // under concatenation
  if (!closed) return false;
  if (y.kind == TermKind::kConcat) return includes(a, y.a, fuel) && includes(a, y.b, fuel);
  return y.kind == TermKind::kRepeat && includes(a, y.a, fuel);
}

bool TermTable::concat_includes(const Term& x, TermId a, TermId b, int& fuel) const {
  const Term &y = terms_[b], &head = terms_[x.a];
  const bool y_concat = y.kind == TermKind::kConcat;
  if (y_concat && includes(x.a, y.a, fuel) && includes(x.b, y.b, fuel)) return true;
  if (head.nullable && includes(x.b, b, fuel)) return true;
  const bool closed = head.kind == TermKind::kRepeat && head.min == 0 && head.max == kUnbounded;
  if (closed && y_concat && includes(x.a, y.a, fuel) && includes(a, y.b, fuel)) return true;
  return !y_concat && terms_[x.b].nullable && includes(x.a, b, fuel);
}

}  // namespace diptych::grammar
