#include "tokenizer/unicode_text.h"

#include <gtest/gtest.h>

namespace diptych {
namespace {

TEST(NormalizeLowercase, ComposesLowersAndCollapsesWhiteSpace) {
  struct Case {
    std::string_view text, normalized;
  };
  const Case cases[] = {
      {"", ""},
      {"A Photo", "a photo"},
      {" \t\n a\u00A0\u3000b ", " a b "},
      {"e\u0301", "\u00E9"},                             // combining acute
      {"\u1100\u1161\u11A8", "\uAC01"},                  // Hangul
      {"\u0958", "\u0915\u093C"},                        // composition exclusion
      {"a\u0323\u0302 a\u0302\u0323", "\u1EAD \u1EAD"},  // reordered
      {"\u0130", "i\u0307"},
      {"ΟΔΟΣ", "οδοσ"},  // no final sigma
      {"ﬁ Ⅷ", "ﬁ ⅷ"},    // no compatibility forms
      {"\U00010400", "\U00010428"},
      {"ẞ", "ß"},
  };
  for (const Case& c : cases) EXPECT_EQ(normalize_lowercase(c.text), c.normalized) << c.text;
}

TEST(ClassOf, FollowsTheGeneralCategory) {
  using enum CharacterClass;
  struct Case {
    char32_t code_point;
    CharacterClass expected;
  };
  const Case cases[] = {
      {U'a', kLetter},     {U'É', kLetter},     {U'日', kLetter},    {U'ʰ', kLetter},
      {U'ǅ', kLetter},     {U'7', kNumber},     {U'²', kNumber},     {U'Ⅷ', kNumber},
      {U'½', kNumber},     {U'٣', kNumber},     {U' ', kSpace},      {U'\t', kSpace},
      {U'\u0085', kSpace}, {U'\u00A0', kSpace}, {U'\u2028', kSpace}, {U'\u3000', kSpace},
      {U'\u200B', kOther}, {U'\u0301', kOther}, {U'-', kOther},      {U'🦊', kOther},
      {U'\u001C', kOther}, {U'\uFFFD', kOther},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(class_of(c.code_point), c.expected)
        << std::hex << static_cast<unsigned>(c.code_point);
  }
}

TEST(FirstCharacter, KnowsItsSize) {
  EXPECT_EQ(first_character("é!").size, 2u);
  EXPECT_EQ(first_character("é!").code_point, U'é');
  EXPECT_EQ(first_character("🦊").size, 4u);
}

}  // namespace
}  // namespace diptych
