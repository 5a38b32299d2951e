#include "api/sdapi/style_file.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

namespace diptych::sdapi {
namespace {

using Row = std::vector<std::string>;

class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : text_(text) {}

  bool at_end() const { return text_.empty(); }
  Row next_row() {
    Row row;
    do row.push_back(next_cell());
    while (take(','));
    take('\r');
    take('\n');
    return row;
  }

 private:
  bool take(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  std::string next_cell() {
    std::string cell;
    if (take('"')) {
      while (!at_end() && (!take('"') || text_.starts_with('"'))) cell += take_any();
    }
    while (!at_end() && text_.find_first_of(",\r\n") != 0) cell += take_any();
    return cell;
  }
  char take_any() {
    const char c = text_.front();
    text_.remove_prefix(1);
    return c;
  }

  std::string_view text_;
};

std::string cell_of(Row& row, const Row& columns, std::string_view name) {
  const auto column = static_cast<std::size_t>(std::ranges::find(columns, name) - columns.begin());
  return column < std::min(columns.size(), row.size()) ? std::move(row[column]) : std::string();
}

}  // namespace

std::vector<PromptStyle> parse_style_file(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  CsvReader reader(text);
  std::vector<PromptStyle> styles;
  if (reader.at_end()) return styles;
  const Row columns = reader.next_row();
  while (!reader.at_end()) {
    Row row = reader.next_row();
    PromptStyle style{.name = cell_of(row, columns, "name"),
                      .prompt = cell_of(row, columns, "prompt"),
                      .negative_prompt = cell_of(row, columns, "negative_prompt"),
                      .wildcards = {}};
    if (!style.name.empty()) styles.push_back(std::move(style));
  }
  return styles;
}

}  // namespace diptych::sdapi
