// Regular expressions as a format: a part of ECMA-262 (with the u flag) that its relatives take
// alike. Nested groups are no regular language: they are taken three deep.

#include <string>
#include <vector>

#include "grammar/text/format_terms.h"

namespace diptych::grammar {
namespace {

constexpr int kGroupDepth = 3;

// from<between>to, for all first ≤ from ≤ to ≤ last: ranges and counts in order.
TermId ordered_pairs(FormatTerms& make, CodePointRange all, char32_t between) {
  TermId pairs = TermTable::kNone;
  for (char32_t from = all.first; from <= all.last; ++from) {
    const TermId to = make.class_of(CodePointSet({{from, all.last}}));
    pairs = make.any_of({pairs, make.sequence({make.one(from), make.one(between), to})});
  }
  return pairs;
}

TermId escape_term(FormatTerms& make) {
  return make.pattern(
      R"(\\(?:[dDwWsSnrtfv0^$\\.*+?()\[\]{}|/-]|x[0-9A-Fa-f]{2}|u[0-9A-Ca-c][0-9A-Fa-f]{3}))");
}

TermId bracket_term(FormatTerms& make) {
  const TermId item =
      make.any_of({ordered_pairs(make, {U'0', U'9'}, U'-'), ordered_pairs(make, {U'A', U'Z'}, U'-'),
                   ordered_pairs(make, {U'a', U'z'}, U'-'), escape_term(make),
                   make.pattern(R"([^\\\]\[\-^])")});
  return make.sequence({make.pattern(R"(\[\^?-?)"), make.some(item), make.pattern("-?\\]")});
}

TermId quantifier_term(FormatTerms& make) {
  const TermId count = make.any_of(
      {make.pattern("[0-9]+,?|[0-9],[1-9][0-9]+"), ordered_pairs(make, {U'0', U'9'}, U',')});
  const TermId braces = make.sequence({make.one('{'), count, make.one('}')});
  return make.maybe(
      make.sequence({make.any_of({make.pattern("[*+?]"), braces}), make.maybe(make.one('?'))}));
}

}  // namespace

TermId regex_term(FormatTerms& make) {
  const TermId quantifier = quantifier_term(make);
  const TermId atom = make.any_of(
      {make.pattern(R"([^\\^$.*+?()\[\]{}|]|\.)"), escape_term(make), bracket_term(make)});
  TermId item = make.any_of({make.sequence({atom, quantifier}), make.pattern(R"([\^$]|\\[bB])")});
  const auto branches = [&] {
    const TermId branch = make.many(item);
    return make.sequence({branch, make.many(make.sequence({make.one('|'), branch}))});
  };
  for (int depth = 0; depth < kGroupDepth; ++depth) {
    const TermId inner = make.sequence({branches(), make.one(')')});
    const TermId group = make.sequence({make.pattern(R"(\((?:\?:)?)"), inner, quantifier});
    const TermId look_ahead = make.sequence({make.pattern(R"(\(\?[=!])"), inner});
    item = make.any_of({item, group, look_ahead});
  }
  return branches();
}

}  // namespace diptych::grammar
