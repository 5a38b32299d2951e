// Concatenation, repetition and complement in normal form.

#include <algorithm>

#include "grammar/text/content_hash.h"
#include "grammar/text/term_table.h"

namespace diptych::grammar {
namespace {

std::uint32_t add_lengths(std::uint32_t a, std::uint32_t b) {
  return a > kUnbounded - b ? kUnbounded : a + b;
}

std::uint32_t multiply_lengths(std::uint32_t length, std::uint32_t count) {
  if (length == 0 || count == 0) return 0;
  const std::uint64_t product = std::uint64_t{length} * count;
  const bool unbounded = length == kUnbounded || count == kUnbounded || product >= kUnbounded;
  return unbounded ? kUnbounded : static_cast<std::uint32_t>(product);
}

// (x{a,b}){m,n} has every count from m·a to n·b: the runs [k·a, k·b] touch for all k ≥ m.
bool runs_touch(std::uint64_t a, std::uint64_t b, std::uint64_t m) {
  return b == kUnbounded ? (m > 0 || a <= 1) : m * b + 1 >= (m + 1) * a;
}

}  // namespace

TermId TermTable::concat(TermId head, TermId tail) {
  if (head == kNone || tail == kNone) return kNone;
  if (head == kEmpty) return tail;
  if (tail == kEmpty) return head;
  if (terms_[head].kind == TermKind::kConcat) {
    const Term first = terms_[head];
    return concat(first.a, concat(first.b, tail));
  }
  const Term& rest = terms_[tail];
  const bool tail_goes_on = rest.kind == TermKind::kConcat;
  const TermId neighbour = tail_goes_on ? rest.a : tail;
  const TermId after = tail_goes_on ? rest.b : kEmpty;
  const Term& x = terms_[head];
  const Term& y = terms_[neighbour];
  const TermId x_body = x.kind == TermKind::kRepeat ? x.a : head;
  const TermId y_body = y.kind == TermKind::kRepeat ? y.a : neighbour;
  if (x_body == y_body && terms_[x_body].kind != TermKind::kLiterals) {  // r{a,b} r{c,d}
    const bool x_repeats = x.kind == TermKind::kRepeat, y_repeats = y.kind == TermKind::kRepeat;
    const std::uint32_t min = add_lengths(x_repeats ? x.min : 1, y_repeats ? y.min : 1);
    const std::uint32_t max = add_lengths(x_repeats ? x.max : 1, y_repeats ? y.max : 1);
    return concat(repeat(x_body, min, max), after);
  }
  const Term &front = terms_[head], &back = terms_[tail];
  ContentHash hash(7);
  hash.add(front.hash);
  hash.add(back.hash);
  return intern({.kind = TermKind::kConcat,
                 .nullable = front.nullable && back.nullable,
                 .plain = front.plain && back.plain,
                 .gapless = front.gapless && back.gapless,
                 .a = head,
                 .b = tail,
                 .min_length = add_lengths(front.min_length, back.min_length),
                 .max_length = add_lengths(front.max_length, back.max_length),
                 .hash = hash.value()});
}

TermId TermTable::repeat(TermId body, std::uint32_t min, std::uint32_t max) {
  if (min > max) return kNone;
  if (body == kNone) return min == 0 ? kEmpty : kNone;
  if (body == kEmpty || max == 0) return kEmpty;
  if (min == 1 && max == 1) return body;
  const Term inner = terms_[body];
  if (inner.nullable) min = 0;  // the rest of the count may be empty
  if (inner.nullable && max == 1) return body;
  if (inner.kind == TermKind::kRepeat && runs_touch(inner.min, inner.max, min)) {
    return repeat(inner.a, multiply_lengths(inner.min, min), multiply_lengths(inner.max, max));
  }
  ContentHash hash(3);
  hash.add(inner.hash);
  if (min != 0 || max != kUnbounded) hash.add(std::uint64_t{min} << 32U | max);
  return intern(
      {.kind = TermKind::kRepeat,
       .nullable = min == 0,
       .plain = inner.plain,
       .gapless = inner.gapless &&
                  (min == max ? true : runs_touch(inner.min_length, inner.max_length, min)),
       .a = body,
       .min = min,
       .max = max,
       .min_length = multiply_lengths(inner.min_length, min),
       .max_length = multiply_lengths(inner.max_length, max),
       .hash = hash.value()});
}

TermId TermTable::negated(TermId term) {
  if (term == kNone) return kAll;
  if (term == kAll) return kNone;
  if (term == kEmpty) return length(1, kUnbounded);
  const Term inner = terms_[term];
  if (inner.kind == TermKind::kNot) return inner.a;
  if (inner.kind == TermKind::kOr || inner.kind == TermKind::kAnd) {
    std::vector<TermId> parts;
    const auto width = members(term).size();
    for (std::size_t i = 0; i < width; ++i) parts.push_back(negated(members(term)[i]));
    return inner.kind == TermKind::kOr ? both(std::move(parts)) : either(std::move(parts));
  }
  if (is_length(term)) {
    const TermId shorter = inner.min == 0 ? kNone : length(0, inner.min - 1);
    const TermId longer = inner.max == kUnbounded ? kNone : length(inner.max + 1, kUnbounded);
    return either({shorter, longer});
  }
  ContentHash hash(8);
  hash.add(inner.hash);
  return intern({.kind = TermKind::kNot,
                 .nullable = !inner.nullable,
                 .a = term,
                 .min_length = inner.nullable ? 1U : 0U,
                 .max_length = kUnbounded,
                 .hash = hash.value()});
}

}  // namespace diptych::grammar
