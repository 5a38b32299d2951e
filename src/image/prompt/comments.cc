#include "image/prompt/comments.h"

#include <algorithm>

namespace diptych {
namespace {

std::string without_blocks(std::string_view text) {
  std::string result;
  while (true) {
    const auto open = text.find("/*");
    const auto close = open == std::string_view::npos ? open : text.find("*/", open + 2);
    if (close == std::string_view::npos) return result.append(text);
    result += text.substr(0, open);
    text.remove_prefix(close + 2);
  }
}

// A line that is nothing but a comment goes with its line end.
std::string without_lines(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const bool has_end = end < text.size();
    const auto mark = std::min(line.find('#'), line.size());
    result += line.substr(0, mark);
    const bool only_comment = mark == 0 && !line.empty();
    if (has_end && !only_comment) result += '\n';
    text.remove_prefix(has_end ? end + 1 : end);
  }
  return result;
}

}  // namespace

std::string remove_comments(std::string_view text, LineComments line_comments) {
  std::string result = without_blocks(text);
  return line_comments == LineComments::kRemoved ? without_lines(result) : result;
}

}  // namespace diptych
