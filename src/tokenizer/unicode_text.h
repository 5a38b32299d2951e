#pragma once
// What tokenisers ask of Unicode: normal form C, lower case, classes of characters. The tables are
// utf8proc's (Unicode 15), used in unicode_text.cc only.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace diptych {

// NFC, every run of white space as one blank, then lower case: each character alone, by its full
// mapping (İ becomes two), no final-sigma rule.
std::string normalize_lowercase(std::string_view valid_utf8);

enum class CharacterClass : std::uint8_t { kLetter, kNumber, kSpace, kOther };  // \p{L}, \p{N}, \s

struct Character {
  char32_t code_point = 0;
  std::size_t size = 0;  // bytes
};
Character first_character(std::string_view valid_utf8);  // of a text that is not empty
CharacterClass class_of(char32_t code_point);

}  // namespace diptych
