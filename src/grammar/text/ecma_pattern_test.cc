#include <gtest/gtest.h>

#include <string>

#include "grammar/text/language.h"

namespace diptych::grammar {
namespace {

struct Row {
  std::string pattern, text;
  bool matches = false;
};

class EcmaPatternRow : public testing::TestWithParam<Row> {};

TEST_P(EcmaPatternRow, matchesAsEcma262Says) {
  Languages languages{Limits{}};
  const auto language = languages.ecma_pattern(GetParam().pattern);
  ASSERT_TRUE(language.has_value()) << language.error().message;
  EXPECT_EQ(languages.accepts(*language, GetParam().text), GetParam().matches)
      << GetParam().pattern << " on " << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Anchors, EcmaPatternRow,
    testing::Values(Row{"foo", "a foo b", true}, Row{"foo", "fo", false}, Row{"^foo", "foot", true},
                    Row{"^foo", "a foo", false}, Row{"foo$", "a foo", true},
                    Row{"foo$", "foo\n", false}, Row{"^foo|bar$", "foox", true},
                    Row{"^foo|bar$", "xbar", true}, Row{"^foo|bar$", "xbarx", false},
                    Row{"(^a|b)c", "ac", true}, Row{"(^a|b)c", "xac", false},
                    Row{"(^a|b)c", "xbc", true}, Row{"a*^b", "b", true}, Row{"a*^b", "ab", false},
                    Row{"x$|y", "xy", true}, Row{"", "anything", true}, Row{"^$", "", true},
                    Row{"^$", "x", false}, Row{"(a$)?b", "b", true}, Row{"a$b", "ab", false}));

INSTANTIATE_TEST_SUITE_P(
    Classes, EcmaPatternRow,
    testing::Values(Row{"^.$", "\n", false}, Row{"^.$", "\xE2\x80\xA8", false},
                    Row{"^.$", "\xF0\x9F\x98\x80", true}, Row{"^[^]$", "\n", true},
                    Row{"^\\d$", "\xD9\xA3", false}, Row{"^\\w$", "\xC3\xA9", false},
                    Row{"^\\s$", "\xEF\xBB\xBF", true}, Row{"^\\S$", "x", true},
                    Row{"^[\\w-.]+$", "a-.", true}, Row{"^[\\w-.]+$", ",", false},
                    Row{"^[a\\]b]+$", "a]b", true}, Row{"^\\p{Lu}$", "\xC3\x84", true},
                    Row{"^\\P{L}$", "1", true}, Row{"^\\p{Script=Greek}+$", "\xCE\xB1", true},
                    Row{"^[\\p{L}\\d_]+$", "a1_", true}, Row{"^\\u00e9$", "\xC3\xA9", true},
                    Row{"^\\u{1F600}$", "\xF0\x9F\x98\x80", true},
                    Row{"^\\ud83d\\ude00$", "\xF0\x9F\x98\x80", true}, Row{"^[\\b]$", "\b", true},
                    Row{"^\\x41\\cA\\0$", std::string("A\x01\0", 3), true},
                    Row{"^[\\u4e00-\\u9fa5]+$", "\xE4\xB8\xAD", true}));

INSTANTIATE_TEST_SUITE_P(Tolerance, EcmaPatternRow,
                         testing::Values(Row{"^\\-\\_\\/\\@$", "-_/@", true},
                                         Row{"^{a}$", "{a}", true}, Row{"^a{,2}$", "a{,2}", true},
                                         Row{"^]$", "]", true}, Row{"(?i)^AB$", "aB", true},
                                         Row{"^(?<year>\\d+)$", "2024", true},
                                         Row{"^(?:a)+?$", "aa", true}, Row{"^a{2}$", "aa", true},
                                         Row{"^a{2,}$", "aaaa", true},
                                         Row{"^a{2,3}$", "aaaa", false}));

INSTANTIATE_TEST_SUITE_P(
    LookAround, EcmaPatternRow,
    testing::Values(Row{"^(?!foo).*$", "foobar", false}, Row{"^(?!foo).*$", "fobar", true},
                    Row{"^(?=.*[A-Z])(?=.*\\d).{8,20}$", "Passw0rd", true},
                    Row{"^(?=.*[A-Z])(?=.*\\d).{8,20}$", "passw0rd", false},
                    Row{"\\bfoo\\b", "a foo b", true}, Row{"\\bfoo\\b", "afoo b", false},
                    Row{"\\bfoo\\b", "foo", true}, Row{"\\Bx", "ax", true}, Row{"\\Bx", "x", false},
                    Row{"^((?!ab).)*$", "xxaxb", true}, Row{"^((?!ab).)*$", "xxabx", false},
                    Row{"(?<=x)y", "axy", true}, Row{"(?<=x)y", "ay", false},
                    Row{"(?<!x)y", "ay", true}, Row{"(?<!x)y", "xy", false},
                    Row{"(?<=\\d{2}|a)y", "12y", true}, Row{"(?<=\\d{2}|a)y", "1y", false},
                    Row{"^(?:a(?=b)|b)*$", "ababb", true}, Row{"^(?:a(?=b)|b)*$", "aab", false},
                    Row{"^(a?(?=b)b?)*$", "abb", true}, Row{"^(?:(?:a|(?=b))*c?)*$", "acac", true},
                    Row{"^(?:(?=a)){3}a$", "a", true}, Row{"^[a-z]+(?<!-)$", "ab", true},
                    Row{"^[a-z-]+(?<!-)$", "ab-", false}, Row{"^(?!.*--)[a-z-]+$", "a-b", true},
                    Row{"^(?!.*--)[a-z-]+$", "a--b", false},
                    Row{"^(?:(?!x)[a-z]){2,3}$", "ab", true},
                    Row{"^(?:(?!x)[a-z]){2,3}$", "axb", false}));

TEST(EcmaPattern, refusesWhatCannotBeEnforcedAndSaysWhere) {
  struct Refused {
    std::string pattern;
    RefusalCode code = RefusalCode::kUnsupportedRegex;
    std::string says;
  };
  const std::vector<Refused> rows = {
      {"(a)\\1", RefusalCode::kUnsupportedRegex, "\\1"},
      {"(?<n>a)\\k<n>", RefusalCode::kUnsupportedRegex, "\\k"},
      {"\\Aabc\\Z", RefusalCode::kUnsupportedRegex, "\\A"},
      {"\\p{Nonsense}", RefusalCode::kUnsupportedRegex, "Nonsense"},
      {"(?>a)", RefusalCode::kUnsupportedRegex, "atomic"},
      {"(?<=(?=a)b)c", RefusalCode::kUnsupportedRegex, "look-behind"},
      {"(a", RefusalCode::kMalformedSchema, "character 2"},
      {"a)", RefusalCode::kMalformedSchema, "character 1"},
      {"[z-a]", RefusalCode::kMalformedSchema, "out of order"},
      {"a**", RefusalCode::kMalformedSchema, "quantifier"},
      {"*a", RefusalCode::kMalformedSchema, "nothing to repeat"},
      {"a{3,2}", RefusalCode::kMalformedSchema, "out of order"},
      {"[a", RefusalCode::kMalformedSchema, "without its ']'"},
      {"\\", RefusalCode::kMalformedSchema, "backslash"},
      {"\xFF", RefusalCode::kMalformedSchema, "UTF-8"},
  };
  for (const Refused& row : rows) {
    Languages languages{Limits{}};
    const auto language = languages.ecma_pattern(row.pattern);
    ASSERT_FALSE(language.has_value()) << row.pattern;
    EXPECT_EQ(language.error().code, row.code) << row.pattern;
    EXPECT_NE(language.error().message.find(row.says), std::string::npos)
        << row.pattern << ": " << language.error().message;
  }
}

TEST(EcmaPattern, staysSmallWhereCountsWouldUnroll) {
  const std::vector<std::string> patterns = {
      "^a{0,1000000}$",       "^((a{0,100}){0,100}){0,100}$",         "^(a{1,3}){0,100000}$",
      "^(a|aa|aaa){1,5000}$", "^([a-z]{1,63}\\.){1,127}[a-z]{2,63}$", "(a?){1000}(a{1000})",
      "^(.*a){50}$",
  };
  for (const std::string& pattern : patterns) {
    Languages languages{Limits{}};
    const auto language = languages.ecma_pattern(pattern);
    ASSERT_TRUE(language.has_value()) << pattern;
    Language at = *language;
    for (int i = 0; i < 200 && at != languages.none(); ++i) at = languages.next(at, U'a');
    EXPECT_LT(languages.memory_bytes(), std::size_t{4} << 20) << pattern;
    EXPECT_EQ(languages.refused_count(), 0U) << pattern;
  }
}

TEST(EcmaPattern, refusesPatternsBeyondTheLimits) {
  Limits limits;
  limits.pattern_bytes_max = 10;
  EXPECT_EQ(Languages(limits).ecma_pattern("01234567890").error().code,
            RefusalCode::kUnsupportedRegex);
  const std::string deep = std::string(300, '(') + std::string(300, ')');
  EXPECT_EQ(Languages(Limits{}).ecma_pattern(deep).error().code, RefusalCode::kUnsupportedRegex);
}

}  // namespace
}  // namespace diptych::grammar
