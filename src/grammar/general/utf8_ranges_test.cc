#include "grammar/general/utf8_ranges.h"

#include <gtest/gtest.h>

namespace diptych::grammar {
namespace {

std::string encode(std::uint32_t c) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (c >> shift & 0x3F)); };
  if (c < 0x80) return {static_cast<char>(c)};
  if (c < 0x800) return {static_cast<char>(0xC0 | c >> 6), tail(0)};
  if (c < 0x10000) return {static_cast<char>(0xE0 | c >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | c >> 18), tail(12), tail(6), tail(0)};
}

int count_matches(const std::vector<Utf8Sequence>& sequences, const std::string& bytes) {
  int count = 0;
  for (const Utf8Sequence& sequence : sequences) {
    if (sequence.length != static_cast<int>(bytes.size())) continue;
    bool all = true;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const auto byte = static_cast<std::uint8_t>(bytes[i]);
      all = all && sequence.bytes[i].first <= byte && byte <= sequence.bytes[i].last;
    }
    count += all ? 1 : 0;
  }
  return count;
}

TEST(Utf8Ranges, CoverEachCharacterOnce) {
  const CodePointRange ranges[] = {{0, 0x10FFFF},     {0x41, 0x41},        {0x7F, 0x80},
                                   {0x7FF, 0x800},    {0x900, 0x4321},     {0xD7FF, 0xE000},
                                   {0xFFFF, 0x10000}, {0x10123, 0x10FFFE}, {0xE9, 0x1F600}};
  for (const CodePointRange& range : ranges) {
    std::vector<Utf8Sequence> sequences;
    append_utf8_sequences(range, sequences);
    EXPECT_LE(sequences.size(), 12);
    for (std::uint32_t c = 0; c <= 0x10FFFF; c += c < 0x1100 ? 1 : 61) {
      const bool is_surrogate = c >= 0xD800 && c <= 0xDFFF;
      const bool inside = range.first <= c && c <= range.last && !is_surrogate;
      ASSERT_EQ(count_matches(sequences, encode(c)), inside ? 1 : 0) << c;
    }
  }
}

TEST(Utf8Ranges, LeaveOutSurrogates) {
  std::vector<Utf8Sequence> sequences;
  append_utf8_sequences({0xD800, 0xDFFF}, sequences);
  EXPECT_TRUE(sequences.empty());
}

}  // namespace
}  // namespace diptych::grammar
