#pragma once
// Classes of code points that patterns name.

#include <optional>
#include <string_view>

#include "grammar/text/code_point_set.h"

namespace diptych::grammar {

// What stands in \p{…}: a general category ("Lu", "Letter"), a script ("Script=Greek",
// "Greek"), a binary property ("Alphabetic", "Any", "ASCII"). nullopt: not known.
std::optional<CodePointSet> unicode_property(std::string_view name);

// The set and all that equals a member of it when case does not count (simple case folding).
CodePointSet without_case(const CodePointSet& set);

CodePointSet ascii_digits();
CodePointSet ascii_word();      // [A-Za-z0-9_]
CodePointSet ecma_space();      // \s of ECMA-262: white space and line ends
CodePointSet ecma_line_ends();  // what . does not match

}  // namespace diptych::grammar
