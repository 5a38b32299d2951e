#include "base/unicode.h"

#include <gtest/gtest.h>

namespace diptych {
namespace {

using std::string_view_literals::operator""sv;

struct Case {
  std::string_view name, bytes;
  bool valid;
  std::string_view replaced;
};

constexpr std::string_view kFffd = "\xEF\xBF\xBD";

// Boundaries of Unicode 15, table 3-7, and the maximal-subpart examples of table 3-8.
const Case kCases[] = {
    {"empty", "", true, ""},
    {"ascii with nul", "a\0b"sv, true, "a\0b"sv},
    {"two bytes", "\xC2\x80\xDF\xBF", true, "\xC2\x80\xDF\xBF"},
    {"three bytes", "\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF", true,
     "\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF"},
    {"four bytes", "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", true, "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"},
    {"overlong two", "\xC0\x80", false, "\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"overlong three", "\xE0\x80\x80", false, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"surrogate", "\xED\xA0\x80", false, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"above the last", "\xF4\x90\x80\x80", false,
     "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"truncated is one replacement", "\xF0\x9F\x98", false, kFffd},
    {"truncated before ascii", "\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", false,
     "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\x41"},
    {"stray continuation", "\x80z", false, "\xEF\xBF\xBDz"},
};

TEST(Utf8, IsJudgedAndRepairedAsUnicodeSays) {
  for (const Case& c : kCases) {
    EXPECT_EQ(is_valid_utf8(c.bytes), c.valid) << c.name;
    EXPECT_EQ(replace_invalid_utf8(c.bytes), c.replaced) << c.name;
  }
}

TEST(CompleteUtf8Prefix, HoldsBackOnlyAnIncompleteLastCharacter) {
  struct Cut {
    std::string_view bytes;
    std::size_t complete;
  };
  constexpr Cut kCuts[] = {
      {"", 0},
      {"abc", 3},
      {"ab\xC3", 2},
      {"ab\xC3\xA9", 4},
      {"\xE2\x82", 0},
      {"\xE2\x82\xAC", 3},
      {"x\xF0\x9F\x98", 1},
      {"x\xF0\x9F\x98\x80", 5},
      {"\xF0\x9F\x98\x80\xF0", 4},
      {"\x80\x80\x80", 3},      // never valid
      {"\x80\x80\x80\x80", 4},  // never valid
      {"\xE0\x80", 2},          // never valid: overlong
      {"\xFF", 1},              // never valid
      {"a\xED\xA0", 3},         // never valid: surrogate
  };
  for (const Cut& cut : kCuts)
    EXPECT_EQ(complete_utf8_prefix(cut.bytes), cut.complete) << cut.bytes;
}

TEST(CompleteUtf8Prefix, NeverSplitsACharacterWhateverTheCut) {
  constexpr std::string_view kText = "h\xC3\xA9llo \xE2\x82\xAC \xF0\x9F\x98\x80!";
  for (std::size_t cut = 0; cut <= kText.size(); ++cut) {
    const auto prefix = kText.substr(0, complete_utf8_prefix(kText.substr(0, cut)));
    EXPECT_TRUE(is_valid_utf8(prefix)) << cut;
    EXPECT_LE(cut - prefix.size(), 3U);
  }
}

TEST(CountCodePoints, CountsCharactersNotBytes) {
  EXPECT_EQ(count_code_points(""), 0U);
  EXPECT_EQ(count_code_points("h\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), 4U);
}

}  // namespace
}  // namespace diptych
