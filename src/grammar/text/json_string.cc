#include "grammar/text/json_string.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace diptych::grammar {
namespace {

// StringState::partial: the phase in the top byte, what was read of the character below it.
enum class Phase : std::uint8_t {
  kNone,
  kUtf8One,    // one byte is still to come
  kUtf8Two,    // …
  kUtf8Three,  // …
  kEscape,     // after a backslash
  kHex0,       // after \u: no digit yet
  kHex1,
  kHex2,
  kHex3,
};

constexpr char32_t kSurrogateFirst = 0xD800, kLowFirst = 0xDC00, kSurrogateLast = 0xDFFF;
constexpr char32_t kPlanesFirst = 0x10000;

Phase phase_of(const StringState& state) { return static_cast<Phase>(state.partial >> 24U); }
char32_t bits_of(const StringState& state) { return state.partial & 0xFF'FFFFU; }
std::uint32_t partial_of(Phase phase, char32_t bits) {
  return std::uint32_t{std::to_underlying(phase)} << 24U | bits;
}
Phase after(Phase phase) { return static_cast<Phase>(std::to_underlying(phase) + 1); }
Phase before(Phase phase) { return static_cast<Phase>(std::to_underlying(phase) - 1); }

class StringReader {
 public:
  StringReader(Languages& languages, Escapes escapes, StringState& to)
      : languages_(languages), complete_(escapes == Escapes::kComplete), to_(to) {}

  static std::optional<char32_t> completed(const StringState& from, std::uint8_t byte) {
    switch (phase_of(from)) {
      case Phase::kNone:
        if (byte >= 0x80 || byte == '"' || byte == '\\') return std::nullopt;
        return byte;
      case Phase::kUtf8One:
        return bits_of(from) << 6U | (byte & 0x3FU);
      case Phase::kEscape:
        return escaped(byte);
      case Phase::kHex3: {
        const auto digit = hex_value(byte);
        if (!digit) return std::nullopt;
        const char32_t unit = bits_of(from) << 4U | *digit;
        if (from.high_surrogate != 0) return pair(from.high_surrogate, unit);
        const bool opens_pair = unit >= kSurrogateFirst && unit < kLowFirst;
        return opens_pair ? std::nullopt : std::optional(unit);
      }
      default:
        return std::nullopt;
    }
  }

  StringStep step(const StringState& from, std::uint8_t byte) {
    to_ = from;
    switch (phase_of(from)) {
      case Phase::kNone:
        return begin(from, byte);
      case Phase::kUtf8One:
      case Phase::kUtf8Two:
      case Phase::kUtf8Three:
        return continue_utf8(from, byte);
      case Phase::kEscape:
        return escape(from, byte);
      default:
        return hex_digit(from, byte);
    }
  }

 private:
  StringStep begin(const StringState& from, std::uint8_t byte) {
    if (from.high_surrogate != 0) {  // only \u may follow
      to_.partial = partial_of(Phase::kEscape, 0);
      return byte == '\\' ? StringStep::kInside : StringStep::kDead;
    }
    if (byte == '"') {
      return languages_.accepts_empty(from.language) ? StringStep::kClosed : StringStep::kDead;
    }
    if (byte == '\\') return begin_escape(from);
    if (byte < 0x20) return StringStep::kDead;
    if (byte < 0x80) return take(from, byte);
    if (byte >= 0xC2 && byte <= 0xDF) return utf8(from, Phase::kUtf8One, byte & 0x1FU);
    if (byte >= 0xE0 && byte <= 0xEF) return utf8(from, Phase::kUtf8Two, byte & 0x0FU);
    if (byte >= 0xF0 && byte <= 0xF4) return utf8(from, Phase::kUtf8Three, byte & 0x07U);
    return StringStep::kDead;
  }

  StringStep take(const StringState& from, char32_t code_point) {
    to_ = {.language = languages_.next(from.language, code_point)};
    return to_.language == languages_.none() ? StringStep::kDead : StringStep::kInside;
  }

  StringStep continue_utf8(const StringState& from, std::uint8_t byte) {
    if ((byte & 0xC0U) != 0x80) return StringStep::kDead;
    const char32_t bits = bits_of(from) << 6U | (byte & 0x3FU);
    const Phase phase = before(phase_of(from));
    if (phase != Phase::kNone) return utf8(from, phase, bits);
    return take(from, bits);  // overlongs and surrogates ended earlier
  }

  // `bits` read, some bytes still to come: is any character in reach, and any of those allowed?
  StringStep utf8(const StringState& from, Phase phase, char32_t bits) {
    const unsigned open_bits = 6U * std::to_underlying(phase);
    char32_t first = bits << open_bits;
    char32_t last = first | ((char32_t{1} << open_bits) - 1);
    const bool starts = phase_of(from) == Phase::kNone;
    const char32_t least = phase == Phase::kUtf8One   ? (starts ? 0x80 : 0x800)
                           : phase == Phase::kUtf8Two ? (starts ? 0x800 : 0x10000)
                                                      : 0x10000;
    // A four-byte character's later phases have more bits than a three-byte one's.
    first = std::max(first, first >= 0x10000 ? char32_t{0x10000} : least);
    last = std::min(last, kCodePointMax);
    if (first > last) return StringStep::kDead;
    if (first >= kSurrogateFirst && last <= kSurrogateLast) return StringStep::kDead;
    to_.partial = partial_of(phase, bits);
    return inside_if(languages_.goes_on(from.language, first, last));
  }

  StringStep begin_escape(const StringState& from) {
    to_.partial = partial_of(Phase::kEscape, 0);
    const bool any = complete_ ? languages_.goes_on(from.language, 0, kCodePointMax)
                               : languages_.goes_on(from.language, 0, 0x1F) ||
                                     languages_.goes_on(from.language, '"', '"') ||
                                     languages_.goes_on(from.language, '\\', '\\');
    return inside_if(any);
  }

  StringStep escape(const StringState& from, std::uint8_t byte) {
    if (byte == 'u') return begin_hex(from);
    if (from.high_surrogate != 0) return StringStep::kDead;
    switch (byte) {
      case '"':
      case '\\':
        return take(from, byte);
      case '/':
        return complete_ ? take(from, '/') : StringStep::kDead;
      case 'b':
        return take(from, '\b');
      case 'f':
        return take(from, '\f');
      case 'n':
        return take(from, '\n');
      case 'r':
        return take(from, '\r');
      case 't':
        return take(from, '\t');
      default:
        return StringStep::kDead;
    }
  }

  static std::optional<char32_t> escaped(std::uint8_t byte) {
    constexpr std::string_view kLetters = "\"\\/bfnrt", kSpelled = "\"\\/\b\f\n\r\t";
    const std::size_t at = kLetters.find(static_cast<char>(byte));
    if (at == std::string_view::npos) return std::nullopt;
    return static_cast<unsigned char>(kSpelled[at]);
  }

  StringStep begin_hex(const StringState& from) { return hex(from, Phase::kHex0, 0); }

  static std::optional<unsigned> hex_value(std::uint8_t byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10U;
    if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10U;
    return std::nullopt;
  }

  StringStep hex_digit(const StringState& from, std::uint8_t byte) {
    const auto digit = hex_value(byte);
    if (!digit) return StringStep::kDead;
    const char32_t bits = bits_of(from) << 4U | *digit;
    if (phase_of(from) != Phase::kHex3) return hex(from, after(phase_of(from)), bits);
    return take_unit(from, bits);
  }

  // A whole \uXXXX.
  StringStep take_unit(const StringState& from, char32_t unit) {
    if (from.high_surrogate != 0) {
      if (unit < kLowFirst || unit > kSurrogateLast) return StringStep::kDead;
      return take(from, pair(from.high_surrogate, unit));
    }
    if (unit >= kSurrogateFirst && unit < kLowFirst) {
      to_.partial = 0;
      to_.high_surrogate = unit;
      return inside_if(
          languages_.goes_on(from.language, pair(unit, kLowFirst), pair(unit, kSurrogateLast)));
    }
    const bool allowed = complete_ || (unit < 0x20 && !has_short_escape(unit));
    return allowed ? take(from, unit) : StringStep::kDead;
  }

  // Digits read, some still to come: is any character in reach?
  StringStep hex(const StringState& from, Phase phase, char32_t bits) {
    to_.partial = partial_of(phase, bits);
    const unsigned open_bits =
        4U * (4U - (std::to_underlying(phase) - std::to_underlying(Phase::kHex0)));
    const char32_t first = bits << open_bits, last = first | ((char32_t{1} << open_bits) - 1);
    if (from.high_surrogate != 0) {
      const char32_t low = std::max(first, kLowFirst), high = std::min(last, kSurrogateLast);
      return inside_if(low <= high &&
                       languages_.goes_on(from.language, pair(from.high_surrogate, low),
                                          pair(from.high_surrogate, high)));
    }
    if (!complete_) return inside_if(controls_go_on(from.language, first, last));
    if (last < kSurrogateFirst || first > kSurrogateLast) {
      return inside_if(languages_.goes_on(from.language, first, last));
    }
    const bool before_pairs =
        first < kSurrogateFirst && languages_.goes_on(from.language, first, kSurrogateFirst - 1);
    const bool after_pairs =
        last > kSurrogateLast && languages_.goes_on(from.language, kSurrogateLast + 1, last);
    const char32_t high_first = std::max(first, kSurrogateFirst);
    const char32_t high_last = std::min<char32_t>(last, kLowFirst - 1);
    const bool pairs =
        high_first <= high_last && languages_.goes_on(from.language, pair(high_first, kLowFirst),
                                                      pair(high_last, kSurrogateLast));
    return inside_if(before_pairs || after_pairs || pairs);
  }

  static char32_t pair(char32_t high, char32_t low) {
    return kPlanesFirst + ((high - kSurrogateFirst) << 10U) + (low - kLowFirst);
  }
  static bool has_short_escape(char32_t c) {
    return c == '\b' || c == '\f' || c == '\n' || c == '\r' || c == '\t';
  }
  // Control characters without a short escape, which only \u00XX spells.
  bool controls_go_on(Language from, char32_t first, char32_t last) {
    for (char32_t c = first; c <= std::min<char32_t>(last, 0x1F); ++c) {
      if (!has_short_escape(c) && languages_.goes_on(from, c, c)) return true;
    }
    return false;
  }
  static StringStep inside_if(bool alive) {
    return alive ? StringStep::kInside : StringStep::kDead;
  }

  Languages& languages_;
  bool complete_;
  StringState& to_;
};

}  // namespace

StringStep next_in_string(Languages& languages, Escapes escapes, const StringState& from,
                          std::uint8_t byte, StringState& to) {
  return StringReader(languages, escapes, to).step(from, byte);
}

std::optional<char32_t> completed_character(const StringState& from, std::uint8_t byte) {
  return StringReader::completed(from, byte);
}

std::optional<PlainRun> plain_run_in_string(Languages& languages, const StringState& state) {
  if (state.partial != 0 || state.high_surrogate != 0) return std::nullopt;
  auto run = languages.plain_run(state.language);
  if (!run) return run;
  const auto drop = [&](unsigned char c) {
    run->ascii[c / 64U] &= ~(std::uint64_t{1} << (c % 64U));
  };
  for (unsigned char c = 0; c < 0x20; ++c) drop(c);
  drop('"');
  drop('\\');
  return run;
}

}  // namespace diptych::grammar
