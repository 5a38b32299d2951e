#include "grammar/text/term_lengths.h"

#include <algorithm>

namespace diptych::grammar {
namespace {

using Lengths = TermLengths::Lengths;

constexpr std::size_t kKnownMax = 2000;  // half a kilobyte each

Lengths sums(const Lengths& a, const Lengths& b) {
  const bool a_is_smaller = a.count() < b.count();
  const Lengths& few = a_is_smaller ? a : b;
  const Lengths& many = a_is_smaller ? b : a;
  Lengths all;
  for (std::size_t i = few._Find_first(); i < few.size(); i = few._Find_next(i)) all |= many << i;
  return all;
}

Lengths power(Lengths base, std::size_t exponent) {
  Lengths product;
  product.set(0);
  for (; exponent > 0; exponent /= 2) {
    if (exponent % 2 == 1) product = sums(product, base);
    if (exponent > 1) base = sums(base, base);
  }
  return product;
}

}  // namespace

const Lengths& TermLengths::of(TermId plain) {
  if (const auto known = known_.find(plain); known != known_.end()) return known->second;
  const Lengths made = compute(plain);
  return known_.insert_or_assign(plain, made).first->second;
}

void TermLengths::trim() {
  if (known_.size() > kKnownMax) known_.clear();
}

Lengths TermLengths::compute(TermId id) {
  const Term& term = terms_.get(id);
  Lengths lengths;
  switch (term.kind) {
    case TermKind::kEmpty:
      lengths.set(0);
      break;
    case TermKind::kClass:
      lengths.set(1);
      break;
    case TermKind::kLiterals: {
      const LiteralRange range = terms_.literals_of(id);
      for (std::uint32_t i = range.first; i < range.last; ++i) {
        const std::size_t left = terms_.literal_sets().strings(range.list)[i].size() - range.depth;
        if (left <= kHorizon) lengths.set(left);
      }
      break;
    }
    case TermKind::kConcat: {  // a loop: a pattern may be thousands of parts long
      lengths = of(term.a);
      TermId rest = term.b;
      for (; terms_.get(rest).kind == TermKind::kConcat; rest = terms_.get(rest).b) {
        lengths = sums(lengths, of(terms_.get(rest).a));
      }
      lengths = sums(lengths, of(rest));
      break;
    }
    case TermKind::kRepeat:
      lengths = repeated(of(term.a), term.min, term.max);
      break;
    case TermKind::kOr:
      for (const TermId member : terms_.members(id)) lengths |= of(member);
      break;
    case TermKind::kNone:
    case TermKind::kAnd:
    case TermKind::kNot:
    case TermKind::kPoint:
      break;
  }
  return lengths;
}

Lengths TermLengths::repeated(const Lengths& body, std::uint32_t min, std::uint32_t max) {
  Lengths optional = body;
  optional.set(0);
  const std::size_t more =
      std::min<std::size_t>(max == kUnbounded ? kHorizon : max - min, kHorizon);
  // Beyond the horizon either way when the body has no empty string: min counts that many lengths.
  const std::size_t least = body[0] ? 0 : min;
  if (least > kHorizon) return {};
  return sums(power(body, least), power(optional, more));
}

}  // namespace diptych::grammar
