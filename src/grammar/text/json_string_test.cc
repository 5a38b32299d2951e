#include "grammar/text/json_string.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

namespace diptych::grammar {
namespace {

class Draws {  // a linear congruential generator: the same everywhere
 public:
  explicit Draws(std::uint32_t seed) : state_(seed * 2654435761U + 12345) {}
  std::uint32_t operator()() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::uint32_t>(state_ >> 33U);
  }

 private:
  std::uint64_t state_;
};

// Feeds all bytes; what the last of them answered.
StringStep feed(Languages& languages, Escapes escapes, Language language, std::string_view bytes) {
  StringState state{.language = language};
  StringStep step = StringStep::kInside;
  for (const char byte : bytes) {
    if (step != StringStep::kInside) return StringStep::kDead;
    StringState next;
    step = next_in_string(languages, escapes, state, static_cast<std::uint8_t>(byte), next);
    state = next;
  }
  return step;
}

struct Row {
  std::string bytes;  // after the opening quote
  StringStep canonical = StringStep::kDead, complete = StringStep::kDead;
};

TEST(JsonString, readsEverySpellingThatThePolicyHas) {
  constexpr auto kClosed = StringStep::kClosed, kInside = StringStep::kInside,
                 kDead = StringStep::kDead;
  const std::vector<Row> rows = {
      {"abc\"", kClosed, kClosed},
      {"\x7F\"", kClosed, kClosed},
      {"\n", kDead, kDead},
      {"\\n\\\"\\\\\"", kClosed, kClosed},
      {"\\/\"", kDead, kClosed},
      {"\\u0000\\u001f\\u001F\"", kClosed, kClosed},
      {"\\u000a\"", kDead, kClosed},
      {"\\u0041\"", kDead, kClosed},
      {"\\ud83d\\ude00\"", kDead, kClosed},
      {"\\ud83d\"", kDead, kDead},
      {"\\ud83dx", kDead, kDead},
      {"\\ud83d\\n", kDead, kDead},
      {"\\ud83d\\u0041", kDead, kDead},
      {"\\ude00", kDead, kDead},
      {"\\x", kDead, kDead},
      {"\\u00g", kDead, kDead},
      {"\xC3\xA9\"", kClosed, kClosed},
      {"\xE2\x82\xAC\"", kClosed, kClosed},
      {"\xF0\x9F\x98\x80\"", kClosed, kClosed},
      {"\xF0\x9F\x98", kInside, kInside},
      {"\xC0\x80", kDead, kDead},      // overlong
      {"\xE0\x80\x80", kDead, kDead},  // overlong
      {"\xF0\x80\x80\x80", kDead, kDead},
      {"\xED\xA0\x80", kDead, kDead},  // a surrogate
      {"\xF4\x90\x80\x80", kDead, kDead},
      {"\x80", kDead, kDead},
      {"\xC3\"", kDead, kDead},
  };
  Languages languages{Limits{}};
  for (const Row& row : rows) {
    EXPECT_EQ(feed(languages, Escapes::kCanonical, languages.all(), row.bytes), row.canonical)
        << row.bytes;
    EXPECT_EQ(feed(languages, Escapes::kComplete, languages.all(), row.bytes), row.complete)
        << row.bytes;
  }
}

TEST(JsonString, everyByteLeadsTowardsACharacterOfTheLanguage) {
  Languages languages{Limits{}};
  const Language euro = *languages.ecma_pattern("^\xE2\x82\xAC$");
  EXPECT_EQ(feed(languages, Escapes::kComplete, euro, "\xE2\x82"), StringStep::kInside);
  EXPECT_EQ(feed(languages, Escapes::kComplete, euro, "\xE2\x83"), StringStep::kDead);
  EXPECT_EQ(feed(languages, Escapes::kComplete, euro, "\\u20a"), StringStep::kInside);
  EXPECT_EQ(feed(languages, Escapes::kComplete, euro, "\\u20b"), StringStep::kDead);
  EXPECT_EQ(feed(languages, Escapes::kCanonical, euro, "\\"), StringStep::kDead);
  const Language smile = *languages.ecma_pattern("^\xF0\x9F\x98\x80$");
  EXPECT_EQ(feed(languages, Escapes::kComplete, smile, "\\ud83d\\u"), StringStep::kInside);
  EXPECT_EQ(feed(languages, Escapes::kComplete, smile, "\\ud83c"), StringStep::kDead);
  EXPECT_EQ(feed(languages, Escapes::kComplete, smile, "\\ud83d\\ude1"), StringStep::kDead);
  const Language letters = *languages.ecma_pattern("^[a-z]*$");
  EXPECT_EQ(feed(languages, Escapes::kCanonical, letters, "\\"), StringStep::kDead);
  EXPECT_EQ(feed(languages, Escapes::kComplete, letters, "\\u006"), StringStep::kInside);
  EXPECT_EQ(feed(languages, Escapes::kComplete, letters, "\\n"), StringStep::kDead);
  EXPECT_EQ(feed(languages, Escapes::kCanonical, letters, "\xC3"), StringStep::kDead);
}

TEST(JsonString, closesOnlyWhereTheLanguageAccepts) {
  Languages languages{Limits{}};
  const Language two = languages.length(2, 2);
  EXPECT_EQ(feed(languages, Escapes::kCanonical, two, "a\""), StringStep::kDead);
  EXPECT_EQ(feed(languages, Escapes::kCanonical, two, "a\xF0\x9F\x98\x80\""), StringStep::kClosed);
  EXPECT_EQ(feed(languages, Escapes::kCanonical, two, "abc"), StringStep::kDead);
}

std::string utf8_of(char32_t c) {
  std::string bytes;
  if (c < 0x80) {
    bytes += static_cast<char>(c);
  } else if (c < 0x800) {
    bytes += static_cast<char>(0xC0 | (c >> 6U));
  } else if (c < 0x10000) {
    bytes += static_cast<char>(0xE0 | (c >> 12U));
  } else {
    bytes += static_cast<char>(0xF0 | (c >> 18U));
    bytes += static_cast<char>(0x80 | ((c >> 12U) & 0x3FU));
  }
  if (c >= 0x800) bytes += static_cast<char>(0x80 | ((c >> 6U) & 0x3FU));
  if (c >= 0x80) bytes += static_cast<char>(0x80 | (c & 0x3FU));
  return bytes;
}

std::string escaped(char32_t c) {
  const auto unit = [](char32_t value) {
    char text[16];
    std::snprintf(text, sizeof text, "\\u%04x", static_cast<unsigned>(value));
    return std::string(text);
  };
  if (c < 0x10000) return unit(c);
  return unit(0xD800 + ((c - 0x10000) >> 10U)) + unit(0xDC00 + ((c - 0x10000) & 0x3FFU));
}

TEST(JsonString, anySpellingIsTheStringItSpells) {
  Draws random(7);
  for (int round = 0; round < 300; ++round) {
    std::string plain, spelled;
    for (std::uint32_t i = random() % 8; i > 0; --i) {
      char32_t c = random() % 4 == 0 ? random() % 0x80 : random() % (kCodePointMax + 1);
      if (c >= 0xD800 && c <= 0xDFFF) c = U'?';
      plain += utf8_of(c);
      const bool raw = c >= 0x20 && c != '"' && c != '\\' && random() % 2 == 0;
      spelled += raw ? utf8_of(c) : escaped(c);
    }
    Languages languages{Limits{}};
    EXPECT_EQ(feed(languages, Escapes::kComplete, languages.literal(plain), spelled + '"'),
              StringStep::kClosed)
        << spelled;
    EXPECT_EQ(feed(languages, Escapes::kComplete, languages.negated(languages.literal(plain)),
                   spelled + '"'),
              StringStep::kDead)
        << spelled;
  }
}

TEST(JsonString, plainRunsLeaveOutWhatNeedsEscapes) {
  Languages languages{Limits{}};
  const auto run = plain_run_in_string(languages, {.language = languages.all()});
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->ascii[0], ~std::uint64_t{0xFFFF'FFFF} & ~(std::uint64_t{1} << unsigned{'"'}));
  EXPECT_EQ(run->ascii[1], ~(std::uint64_t{1} << (unsigned{'\\'} - 64)));
  const StringState partial{.language = languages.all(), .partial = 1U << 24U};
  EXPECT_FALSE(plain_run_in_string(languages, partial).has_value());
}

}  // namespace
}  // namespace diptych::grammar
