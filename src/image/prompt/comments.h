#pragma once
// What a prompt says to its author only.

#include <string>
#include <string_view>

namespace diptych {

enum class LineComments { kText, kRemoved };  // "# …" to the end of the line (an option of A1111)

// Removes /* … */ (one that does not end is text) and, if asked, line comments.
std::string remove_comments(std::string_view text, LineComments line_comments);

}  // namespace diptych
