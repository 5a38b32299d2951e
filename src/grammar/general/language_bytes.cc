#include "grammar/general/language_bytes.h"

#include <algorithm>
#include <array>
#include <bit>

namespace diptych::grammar {
namespace {

// A character of which some bytes are read.
struct Partial {
  std::uint32_t length = 0, missing = 0, bits = 0;
};
constexpr std::uint32_t kBitsMask = 0x1F'FFFF;  // 21 bits of a code point

Partial unpack(std::uint32_t packed) {
  return {packed >> 24U, packed >> 21U & 7U, packed & kBitsMask};
}
std::uint32_t pack(const Partial& partial) {
  return partial.length << 24U | partial.missing << 21U | partial.bits;
}

// The code points that the unfinished character may become: UTF-8 allows no longer spelling than
// needed.
CodePointRange reach(const Partial& partial) {
  constexpr std::array<std::uint32_t, 5> kFirst = {0, 0, 0x80, 0x800, 0x1'0000};
  constexpr std::array<std::uint32_t, 5> kLast = {0, 0x7F, 0x7FF, 0xFFFF, 0x10'FFFF};
  const std::uint32_t shift = 6 * partial.missing;
  const std::uint32_t first = partial.bits << shift;
  const std::uint32_t last = first | ((1U << shift) - 1);
  return {std::max(first, kFirst[partial.length]), std::min(last, kLast[partial.length])};
}

bool reaches_any(Languages& languages, Language language, CodePointRange wanted) {
  if (wanted.first > wanted.last) return false;
  for (const Languages::Branch& branch : languages.branches(language)) {
    for (const CodePointRange& range : branch.ranges) {
      if (range.first <= wanted.last && wanted.first <= range.last) return true;
    }
  }
  return false;
}

bool finish(Languages& languages, Language language, char32_t code_point, LanguagePosition& to) {
  for (const Languages::Branch& branch : languages.branches(language)) {
    for (const CodePointRange& range : branch.ranges) {
      if (code_point < range.first || range.last < code_point) continue;
      to = {branch.rest, 0};
      return true;
    }
  }
  return false;
}

Partial begin_character(std::uint8_t lead) {
  if (lead < 0xC2 || lead > 0xF4) return {};
  const auto length = static_cast<std::uint32_t>(std::countl_one(lead));
  return {length, length - 1, lead & (0x7FU >> length)};
}

}  // namespace

bool next_byte(Languages& languages, const LanguagePosition& from, std::uint8_t byte,
               LanguagePosition& to) {
  Partial partial = unpack(from.partial);
  if (from.partial == 0) {
    if (byte < 0x80) return finish(languages, from.language, byte, to);
    partial = begin_character(byte);
    if (partial.length == 0) return false;
  } else {
    if ((byte & 0xC0U) != 0x80) return false;
    partial.bits = partial.bits << 6U | (byte & 0x3FU);
    --partial.missing;
  }
  if (!reaches_any(languages, from.language, reach(partial))) return false;
  if (partial.missing == 0) return finish(languages, from.language, partial.bits, to);
  to = {from.language, pack(partial)};
  return true;
}

ByteSet allowed_bytes(Languages& languages, const LanguagePosition& at) {
  ByteSet allowed;
  LanguagePosition ignored;
  if (at.partial != 0) {
    for (std::size_t byte = 0x80; byte < 0xC0; ++byte) {
      allowed[byte] = next_byte(languages, at, static_cast<std::uint8_t>(byte), ignored);
    }
    return allowed;
  }
  for (const Languages::Branch& branch : languages.branches(at.language)) {
    for (const CodePointRange& range : branch.ranges) {
      for (char32_t c = range.first; c <= range.last && c < 0x80; ++c) allowed[c] = true;
    }
  }
  for (std::size_t byte = 0xC2; byte <= 0xF4; ++byte) {
    const Partial partial = begin_character(static_cast<std::uint8_t>(byte));
    allowed[byte] = reaches_any(languages, at.language, reach(partial));
  }
  return allowed;
}

}  // namespace diptych::grammar
