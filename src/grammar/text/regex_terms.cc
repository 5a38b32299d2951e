#include "grammar/text/regex_terms.h"

#include <algorithm>
#include <utility>

namespace diptych::grammar {

TermId RegexTerms::containing() {
  const TermId later = follow(tree_.root, TermTable::kAll, false);
  if (!has_begin(tree_.root)) return terms_.concat(TermTable::kAll, later);
  const TermId first = follow(tree_.root, TermTable::kAll, true);
  return terms_.either({first, terms_.concat(terms_.length(1, kUnbounded), later)});
}

TermId RegexTerms::matching() { return follow(tree_.root, TermTable::kEmpty, true); }

bool RegexTerms::is_direct(RegexNodeId id, bool first) const {
  const RegexNode& node = tree_.nodes[id];
  if (!node.asserts) return true;
  switch (node.kind) {
    case RegexKind::kLookBehind:
      return false;
    case RegexKind::kRepeat:
      return node.max <= 1 && is_direct(node.children[0], first);
    case RegexKind::kTextBegin:
      return first;
    case RegexKind::kSequence: {
      for (const RegexNodeId child : node.children) {
        if (!is_direct(child, first)) return false;
        const bool zero_width = tree_.nodes[child].kind >= RegexKind::kLookAhead;
        first = first && zero_width;
      }
      return true;
    }
    default:
      return std::ranges::all_of(node.children,
                                 [&](RegexNodeId child) { return is_direct(child, first); });
  }
}

bool RegexTerms::has_begin(RegexNodeId id) const {
  const RegexNode& node = tree_.nodes[id];
  return node.kind == RegexKind::kTextBegin ||
         std::ranges::any_of(node.children, [&](RegexNodeId child) { return has_begin(child); });
}

TermId RegexTerms::plain(RegexNodeId id) {
  const RegexNode& node = tree_.nodes[id];
  switch (node.kind) {
    case RegexKind::kClass:
      return terms_.char_class(node.set);
    case RegexKind::kSequence:
      return plain_sequence(node);
    case RegexKind::kAlternation: {
      std::vector<TermId> branches;
      for (const RegexNodeId child : node.children) branches.push_back(plain(child));
      return terms_.either(std::move(branches));
    }
    case RegexKind::kRepeat:
      return terms_.repeat(plain(node.children[0]), node.min, node.max);
    default:
      return TermTable::kNone;
  }
}

// Runs of single characters become literals: one term, and cheap suffixes.
TermId RegexTerms::plain_sequence(const RegexNode& node) {
  const auto is_single = [&](RegexNodeId id) {
    return tree_.nodes[id].kind == RegexKind::kClass && tree_.nodes[id].set.size() == 1;
  };
  std::vector<TermId> parts;
  for (std::size_t i = 0; i < node.children.size();) {
    std::u32string run;
    while (i < node.children.size() && is_single(node.children[i])) {
      run += tree_.nodes[node.children[i++]].set.ranges()[0].first;
    }
    if (run.size() == 1) parts.push_back(terms_.char_class(CodePointSet::one(run[0])));
    if (run.size() > 1) parts.push_back(terms_.literals({std::move(run)}));
    if (i < node.children.size()) parts.push_back(plain(node.children[i++]));
  }
  TermId whole = TermTable::kEmpty;
  for (std::size_t i = parts.size(); i-- > 0;) whole = terms_.concat(parts[i], whole);
  return whole;
}

TermId RegexTerms::follow(RegexNodeId id, TermId rest, bool at_begin) {
  const RegexNode& node = tree_.nodes[id];
  if (!node.asserts) return terms_.concat(plain(id), rest);
  switch (node.kind) {
    case RegexKind::kTextBegin:
      return at_begin ? rest : TermTable::kNone;
    case RegexKind::kTextEnd:
      return terms_.both({TermTable::kEmpty, rest});
    case RegexKind::kLookAhead: {
      const TermId ahead = follow(node.children[0], TermTable::kAll, at_begin);
      return terms_.both({node.negated ? terms_.negated(ahead) : ahead, rest});
    }
    case RegexKind::kAlternation: {
      std::vector<TermId> branches;
      for (const RegexNodeId child : node.children) {
        branches.push_back(follow(child, rest, at_begin));
      }
      return terms_.either(std::move(branches));
    }
    case RegexKind::kRepeat: {  // at most once: is_direct
      if (node.max == 0) return rest;
      const TermId once = follow(node.children[0], rest, at_begin);
      return node.min == 0 ? terms_.either({rest, once}) : once;
    }
    case RegexKind::kSequence: {
      std::size_t begin_ends = 0;  // children before it stand where the sequence does
      while (begin_ends < node.children.size() &&
             tree_.nodes[node.children[begin_ends]].kind >= RegexKind::kLookAhead) {
        ++begin_ends;
      }
      for (std::size_t i = node.children.size(); i-- > 0;) {
        rest = follow(node.children[i], rest, at_begin && i <= begin_ends);
      }
      return rest;
    }
    default:
      return TermTable::kNone;
  }
}

}  // namespace diptych::grammar
