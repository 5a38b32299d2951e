#pragma once
// A Language of code points read as UTF-8, byte by byte. Bytes that no text of the language goes on
// with are dead at once, inside a character too.

#include "grammar/text/language.h"

namespace diptych::grammar {

struct LanguagePosition {
  Language language;          // of what follows the unfinished character
  std::uint32_t partial = 0;  // 0: between characters; else its length, bytes missing and bits
  friend bool operator==(const LanguagePosition&, const LanguagePosition&) = default;
};

bool next_byte(Languages& languages, const LanguagePosition& from, std::uint8_t byte,
               LanguagePosition& to);
ByteSet allowed_bytes(Languages& languages, const LanguagePosition& at);

}  // namespace diptych::grammar
