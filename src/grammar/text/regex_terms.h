#pragma once
// A regular expression's tree as a term. Look-ahead becomes an intersection with all that follows;
// what looks behind, or asserts within a loop, goes through places (regex_places.h).

#include "grammar/text/regex_tree.h"
#include "grammar/text/term_table.h"

namespace diptych::grammar {

class RegexTerms {
 public:
  RegexTerms(TermTable& terms, const RegexTree& tree) : terms_(terms), tree_(tree) {}

  // Whether look-ahead and anchors stand only where follow() can honour them.
  bool is_direct() const { return is_direct(tree_.root, true); }
  TermId containing();           // strings with a match somewhere in them; is_direct() only
  TermId matching();             // strings that match as a whole; is_direct() only
  TermId plain(RegexNodeId id);  // of a node that asserts nothing

 private:
  bool is_direct(RegexNodeId id, bool first) const;
  bool has_begin(RegexNodeId id) const;
  TermId plain_sequence(const RegexNode& node);
  // The node, then what is in `rest`. at_begin: the text begins here.
  TermId follow(RegexNodeId id, TermId rest, bool at_begin);

  TermTable& terms_;
  const RegexTree& tree_;
};

}  // namespace diptych::grammar
