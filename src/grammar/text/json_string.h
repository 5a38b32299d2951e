#pragma once
// A JSON string literal, byte by byte: UTF-8 and escapes over a Language of the code points they
// spell. The opening quote has been read; the closing quote ends it.

#include <cstdint>
#include <optional>

#include "grammar/machine.h"
#include "grammar/policy.h"
#include "grammar/text/language.h"

namespace diptych::grammar {

struct StringState {  // 16 bytes, compared by value
  Language language;
  std::uint32_t partial = 0;  // bits of an unfinished character or escape, with its phase
  std::uint32_t high_surrogate = 0;
  friend bool operator==(const StringState&, const StringState&) = default;
};

enum class StringStep : std::uint8_t { kDead, kInside, kClosed };

// kClosed only where the language accepts. kInside only where some string still can be closed.
StringStep next_in_string(Languages& languages, Escapes escapes, const StringState& from,
                          std::uint8_t byte, StringState& to);
// The character that `byte` completes after `from`, if next_in_string goes that way.
std::optional<char32_t> completed_character(const StringState& from, std::uint8_t byte);
std::optional<PlainRun> plain_run_in_string(Languages& languages, const StringState& state);

}  // namespace diptych::grammar
