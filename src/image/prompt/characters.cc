#include "image/prompt/characters.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/unicode.h"

namespace diptych {
namespace {

struct Range {
  char32_t first, last;
};

// Blocks without letters or digits. Superscripts, circled numbers and full-width letters lie
// between.
constexpr std::array kNotWord = {
    Range{0x80, 0xA9},       Range{0xAB, 0xB1},       Range{0xB4, 0xB4},
    Range{0xB6, 0xB8},       Range{0xBB, 0xBB},       Range{0xBF, 0xBF},
    Range{0xD7, 0xD7},       Range{0xF7, 0xF7},       Range{0x300, 0x36F},
    Range{0x2000, 0x206F},   Range{0x20A0, 0x20FF},   Range{0x2190, 0x245F},
    Range{0x2500, 0x2775},   Range{0x2794, 0x2BFF},   Range{0x2E00, 0x2E2E},
    Range{0x2E30, 0x3004},   Range{0x3008, 0x3020},   Range{0x302A, 0x3030},
    Range{0xE000, 0xF8FF},   Range{0xFE00, 0xFE6F},   Range{0xFF01, 0xFF0F},
    Range{0xFF1A, 0xFF20},   Range{0xFF3B, 0xFF40},   Range{0xFF5B, 0xFF65},
    Range{0xFFE0, 0xFFFF},   Range{0x1F000, 0x1F0FF}, Range{0x1F10D, 0x1FBEF},
    Range{0xE0000, 0x10FFFF}};

char32_t decode(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  constexpr std::array<unsigned, 5> kLeadMask = {0, 0x7F, 0x1F, 0x0F, 0x07};
  char32_t code = byte(0) & kLeadMask[character.size()];
  for (std::size_t i = 1; i < character.size(); ++i) code = code << 6 | (byte(i) & 0x3FU);
  return code;
}

}  // namespace

TextCharacter character_at(std::string_view text, std::size_t position) {
  if (position >= text.size()) return {};
  const auto lead = static_cast<unsigned char>(text[position]);
  if (lead < 0x80) return {lead, 1};
  const std::string_view rest = text.substr(position, 4);
  const Utf8Step step = read_utf8(rest);
  if (step.kind != Utf8Kind::kValid) return {0xFFFD, 1};
  return {decode(rest.substr(0, step.length)), step.length};
}

TextCharacter character_before(std::string_view text, std::size_t position) {
  if (position == 0) return {};
  for (std::size_t length = 2; length <= std::min<std::size_t>(4, position); ++length) {
    const TextCharacter character = character_at(text.substr(0, position), position - length);
    if (character.length == length) return character;
  }
  return character_at(text.substr(0, position), position - 1);
}

bool is_space(char32_t code) {
  if (code < 0x80) return (code >= 0x09 && code <= 0x0D) || (code >= 0x1C && code <= 0x20);
  return code == 0x85 || code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200A) ||
         code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

bool is_word_character(char32_t code) {
  if (code < 0x80) {
    return (code >= '0' && code <= '9') || (code >= 'A' && code <= 'Z') ||
           (code >= 'a' && code <= 'z') || code == '_';
  }
  return std::ranges::none_of(
      kNotWord, [code](const Range& range) { return code >= range.first && code <= range.last; });
}

std::size_t skip_spaces(std::string_view text, std::size_t position) {
  while (true) {
    const TextCharacter character = character_at(text, position);
    if (character.length == 0 || !is_space(character.code)) return position;
    position += character.length;
  }
}

std::string_view trim_left(std::string_view text) { return text.substr(skip_spaces(text, 0)); }

std::string_view trim_right(std::string_view text) {
  while (true) {
    const TextCharacter character = character_before(text, text.size());
    if (character.length == 0 || !is_space(character.code)) return text;
    text.remove_suffix(character.length);
  }
}

std::string_view trim(std::string_view text) { return trim_left(trim_right(text)); }

std::optional<std::size_t> find_word(std::string_view text, std::string_view word,
                                     std::size_t from) {
  for (auto at = text.find(word, from); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    const TextCharacter before = character_before(text, at);
    const TextCharacter after = character_at(text, at + word.size());
    const bool starts = before.length == 0 || !is_word_character(before.code);
    const bool ends = after.length == 0 || !is_word_character(after.code);
    if (starts && ends) return at;
  }
  return std::nullopt;
}

std::optional<double> parse_decimal(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  const auto digits = text.substr(text.starts_with('-') ? 1 : 0);
  if (digits.find_first_not_of(".0123456789") != std::string_view::npos) return std::nullopt;
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

}  // namespace diptych
