#pragma once
// The character classes that the prompt grammars are defined with: \s, \w and \b over Unicode. Text
// is UTF-8; ill-formed bytes count as one character each that is neither.

#include <cstddef>
#include <optional>
#include <string_view>

namespace diptych {

struct TextCharacter {
  char32_t code = 0;       // U+FFFD for an ill-formed byte
  std::size_t length = 0;  // in bytes; 0 at the end of the text
};
TextCharacter character_at(std::string_view text, std::size_t position);
TextCharacter character_before(std::string_view text, std::size_t position);

bool is_space(char32_t code);
// Letters, digits and '_'. Outside ASCII by blocks: whatever is not known to be punctuation, a
// symbol, an emoji or a mark counts as a letter.
bool is_word_character(char32_t code);

std::size_t skip_spaces(std::string_view text, std::size_t position);
std::string_view trim_left(std::string_view text);
std::string_view trim_right(std::string_view text);
std::string_view trim(std::string_view text);

// Where `word` begins at or after `from` with no word character on either side.
std::optional<std::size_t> find_word(std::string_view text, std::string_view word,
                                     std::size_t from = 0);

// The whole text as a decimal number: [+-] digits with at most one dot, at least one digit, no
// exponent. Nothing if it is not one, or too large for a double.
std::optional<double> parse_decimal(std::string_view text);

}  // namespace diptych
