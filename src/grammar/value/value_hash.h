#pragma once
// Hashes of JSON values by content: equal values have equal hashes, however they are spelled. That
// two different ones meet (2^-64 a pair) costs a refusal, never a wrong value.

#include <cstdint>
#include <string_view>

namespace diptych::grammar {

constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  std::uint64_t hash = (a ^ (b + 0x9e37'79b9'7f4a'7c15ULL + (a << 6) + (a >> 2)));
  hash = (hash ^ (hash >> 30)) * 0xbf58'476d'1ce4'e5b9ULL;
  hash = (hash ^ (hash >> 27)) * 0x94d0'49bb'1331'11ebULL;
  return hash ^ (hash >> 31);
}

inline constexpr std::uint64_t kEmptyTextHash = 0x51ed'270b'4c5f'1d67ULL;
constexpr std::uint64_t with_character(std::uint64_t text, char32_t c) { return mix(text, c); }

// A value's hash from that of its text, elements, …
inline constexpr std::uint64_t kNullHash = mix(1, 0), kFalseHash = mix(2, 0), kTrueHash = mix(3, 0);
constexpr std::uint64_t string_hash(std::uint64_t text) { return mix(4, text); }
constexpr std::uint64_t number_hash(std::string_view canonical) {
  std::uint64_t hash = 5;
  for (const char c : canonical) hash = mix(hash, static_cast<unsigned char>(c));
  return mix(6, hash);
}
inline constexpr std::uint64_t kArrayHash = mix(7, 0), kObjectHash = mix(8, 0);
constexpr std::uint64_t with_item(std::uint64_t array, std::uint64_t item) {
  return mix(array, item);
}
constexpr std::uint64_t with_member(std::uint64_t object, std::uint64_t key, std::uint64_t value) {
  return object + mix(key, value);  // in any order
}

}  // namespace diptych::grammar
