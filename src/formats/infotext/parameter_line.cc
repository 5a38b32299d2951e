#include "formats/infotext/parameter_line.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/unicode.h"

namespace diptych {
namespace {

// Quotes that never close; later ones are taken as plain text, so that time stays linear.
constexpr int kOpenQuotesMax = 8;

bool is_word(char c) {  // letters outside of ASCII count, and what else is there with them
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_key(char c) { return is_word(c) || c == ' ' || c == '-' || c == '/'; }
bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

class ParameterScanner {
 public:
  explicit ParameterScanner(std::string_view line) : line_(line) {}

  std::vector<RawParameter> scan() {
    while (at_ < line_.size()) {
      if (!take_parameter()) ++at_;
    }
    return std::move(found_);
  }

 private:
  bool take_parameter() {
    if (!is_word(line_[at_])) return false;
    const std::size_t first_end = at_ + read_utf8(line_.substr(at_)).length;
    std::size_t end = first_end;
    while (end < line_.size() && is_key(line_[end])) ++end;
    if (end == first_end) return false;
    if (end == line_.size() || line_[end] != ':') {
      at_ = end - 1;  // no key begins inside a run that is none
      return false;
    }
    const std::string_view key = line_.substr(at_, end - at_);
    std::size_t value = end + 1;
    while (value < line_.size() && is_blank(line_[value])) ++value;
    const std::size_t value_end = end_of_value(value);
    found_.push_back({key, line_.substr(value, value_end - value)});
    at_ = std::min(value_end + 1, line_.size());
    return true;
  }

  std::size_t end_of_value(std::size_t begin) {
    if (begin < line_.size() && line_[begin] == '"' && open_quotes_ < kOpenQuotesMax) {
      const std::size_t end = end_of_quote(begin);
      if (end == line_.size() || (end < line_.size() && line_[end] == ',')) return end;
    }
    return std::min(line_.find(',', begin), line_.size());
  }

  // One past the closing quote; npos when there is none, or nothing between the quotes.
  std::size_t end_of_quote(std::size_t begin) {
    for (std::size_t i = begin + 1; i < line_.size(); ++i) {
      if (line_[i] == '\\') {
        ++i;
      } else if (line_[i] == '"') {
        return i == begin + 1 ? std::string_view::npos : i + 1;
      }
    }
    ++open_quotes_;
    return std::string_view::npos;
  }

  std::string_view line_;
  std::size_t at_ = 0;
  int open_quotes_ = 0;
  std::vector<RawParameter> found_;
};

}  // namespace

std::vector<RawParameter> scan_parameters(std::string_view line) {
  return ParameterScanner(line).scan();
}

}  // namespace diptych
