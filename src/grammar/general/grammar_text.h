#pragma once
// The text of a grammar under a reader's finger: characters, with the place for messages.

#include <cstdint>
#include <string>
#include <string_view>

#include "grammar/refusal.h"

namespace diptych::grammar {

class GrammarText {
 public:
  // kMalformedGrammar: not UTF-8, or a character U+0000. kSchemaTooLarge: more than `bytes_max`.
  static Compiled<GrammarText> open(std::string_view utf8, std::size_t bytes_max);

  bool at_end() const { return at_ >= text_.size(); }
  char32_t peek(std::size_t ahead = 0) const {  // 0 past the end
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : 0;
  }
  char32_t take() { return at_end() ? 0 : text_[at_++]; }
  bool take(char32_t c);
  bool take(std::u32string_view word);
  bool looking_at(std::u32string_view word) const {
    return std::u32string_view(text_).substr(at_).starts_with(word);
  }
  std::size_t offset() const { return at_; }
  void go_to(std::size_t offset) { at_ = offset; }
  std::u32string_view between(std::size_t begin, std::size_t end) const {
    return std::u32string_view(text_).substr(begin, end - begin);
  }

  std::string place(std::size_t offset) const;  // "line 3, column 5"
  std::unexpected<Refusal> malformed(std::string message) const { return malformed(at_, message); }
  std::unexpected<Refusal> malformed(std::size_t offset, std::string message) const;
  std::unexpected<Refusal> unsupported(std::size_t offset, std::string keyword, std::string message,
                                       std::string hint = {}) const;

  // `count` hexadecimal digits.
  Compiled<char32_t> hexadecimal(int count);
  // A decimal number; refused past 10^9.
  Compiled<std::uint32_t> number();

 private:
  std::u32string text_;
  std::size_t at_ = 0;
};

void append_utf8(std::string& out, char32_t code_point);  // a scalar value
std::string to_utf8(std::u32string_view text);
bool is_scalar_value(char32_t code_point);

}  // namespace diptych::grammar
