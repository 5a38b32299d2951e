#include "grammar/text/language.h"

#include <gtest/gtest.h>

namespace diptych::grammar {
namespace {

TEST(Language, lengthCountsCodePointsAndIsNotUnrolled) {
  Languages languages{Limits{}};
  const Language language = languages.length(2, 1'000'000);
  EXPECT_FALSE(languages.accepts(language, "\xF0\x9F\x98\x80"));
  EXPECT_TRUE(languages.accepts(language, "\xF0\x9F\x98\x80x"));
  EXPECT_LT(languages.memory_bytes(), 200'000U);
  EXPECT_TRUE(languages.is_empty(languages.length(5, 4)));
}

TEST(Language, patternWithGapsMeetsBoundsOnLengthExactly) {
  Languages languages{Limits{}};
  const Language even = *languages.ecma_pattern("^([a-z]{2})*$");
  struct Row {
    std::uint64_t min = 0, max = 0;
    bool empty = false;
  };
  for (const Row& row : {Row{5, 5, true}, Row{5, 6, false}, Row{1001, 1001, true},
                         Row{4096, 4096, false}, Row{5000, 1'000'000, false}}) {
    EXPECT_EQ(languages.is_empty(languages.both(even, languages.length(row.min, row.max))),
              row.empty)
        << row.min << ' ' << row.max;
  }
}

TEST(Language, boundedPatternNeverLeadsToADeadEnd) {
  Languages languages{Limits{}};
  const Language language =
      languages.both(*languages.ecma_pattern("^[a-z]+(-[a-z]+){3}$"), languages.length(0, 8));
  Language at = language;
  std::string text;
  while (languages.next(at, U'a') != languages.none()) {
    at = languages.next(at, U'a');
    text += 'a';
  }
  EXPECT_EQ(text, "aa");  // six characters are needed after that
}

TEST(Language, oneOfManyLiteralsIsCheap) {
  Languages languages{Limits{}};
  std::vector<std::string> literals;
  for (int i = 0; i < 10'000; ++i) literals.push_back("literal number " + std::to_string(i));
  const Language all = languages.one_of(literals);
  const Language others = languages.negated(all);
  EXPECT_TRUE(languages.accepts(all, literals[1234]));
  EXPECT_FALSE(languages.accepts(all, "literal number"));
  EXPECT_FALSE(languages.accepts(others, literals[1234]));
  EXPECT_TRUE(languages.accepts(others, "literal number"));
  EXPECT_EQ(languages.count(all, 1'000'000), 10'000U);
  EXPECT_LT(languages.memory_bytes(), std::size_t{8} << 20);
}

TEST(Language, countSaturates) {
  Languages languages{Limits{}};
  EXPECT_EQ(languages.count(*languages.ecma_pattern("^[ab]{1,3}$"), 1000), 14U);
  EXPECT_EQ(languages.count(*languages.ecma_pattern("^[ab]{1,3}$"), 5), 5U);
  EXPECT_EQ(languages.count(languages.all(), 12), 12U);
  EXPECT_EQ(languages.count(languages.none(), 12), 0U);
  EXPECT_EQ(languages.count(languages.length(0, 0), 12), 1U);
  EXPECT_EQ(languages.count(languages.length(0, 1'000'000), 1'000'000'000), 1'000'000'000U);
}

TEST(Language, branchesCoverExactlyWhatGoesOn) {
  Languages languages{Limits{}};
  const auto& branches = languages.branches(*languages.ecma_pattern("^(?:[a-c]x|[b-d]y)$"));
  std::vector<std::string> seen;
  for (const auto& branch : branches) {
    for (const CodePointRange& range : branch.ranges) {
      seen.push_back(std::string(1, static_cast<char>(range.first)) + '-' +
                     static_cast<char>(range.last));
    }
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"a-a", "b-c", "d-d"}));
}

TEST(Language, plainRunCountsDownToTheBound) {
  Languages languages{Limits{}};
  const auto bounded = languages.plain_run(languages.length(0, 100));
  ASSERT_TRUE(bounded.has_value());
  EXPECT_EQ(bounded->code_points_max, 100U);
  EXPECT_TRUE(bounded->multibyte);
  EXPECT_TRUE(bounded->uniform);
  const auto substring = languages.plain_run(*languages.ecma_pattern("foo"));
  ASSERT_TRUE(substring.has_value());
  EXPECT_EQ(substring->code_points_max, 0xFFFF'FFFFU);
  EXPECT_FALSE(languages.plain_run(languages.literal("abc")).has_value());
}

TEST(Language, keysForgetCountsFarFromTheirBounds) {
  Languages languages{Limits{}};
  const auto key = [&](std::uint64_t min, std::uint64_t max) {
    return languages.key(languages.length(min, max), 16);
  };
  EXPECT_EQ(key(0, 500), key(0, 5000));
  EXPECT_NE(key(0, 10), key(0, 5000));
  EXPECT_EQ(key(100, 500), key(200, 5000));
  EXPECT_NE(key(3, 500), key(4, 500));
}

TEST(Language, keysOfEqualContentAreEqualInEveryTable) {
  Languages one{Limits{}}, other{Limits{}};
  const auto unused = other.ecma_pattern("something else");
  ASSERT_TRUE(unused.has_value());
  for (const std::string pattern : {"^[a-z]+$", "foo|bar", "\\bx(?<=ax)", "^(?!a)(?:(?!b).)*$"}) {
    EXPECT_EQ(one.key(*one.ecma_pattern(pattern), 16), other.key(*other.ecma_pattern(pattern), 16))
        << pattern;
  }
}

TEST(Language, aSearchThatIsGivenUpCountsAsEmpty) {
  Limits limits;
  limits.search_steps_max = 10;
  Languages languages(limits);
  const Language language = languages.both(*languages.ecma_pattern("^(aaaaaaa|b)*$"),
                                           *languages.ecma_pattern("^(aaaaaaaaaaa|c)+$"));
  EXPECT_TRUE(languages.is_empty(language));
  EXPECT_GT(languages.refused_count(), 0U);
}

TEST(Language, aFullTableRefusesInsteadOfGrowing) {
  Limits limits;
  limits.memory_bytes_max = 300'000;
  Languages languages(limits);
  Language at = *languages.ecma_pattern("^(?:a|b)*a(?:a|b){60}$");
  std::uint32_t bits = 12345;
  for (int i = 0; i < 100'000 && at != languages.none(); ++i) {
    bits = bits * 1664525 + 1013904223;
    at = languages.next(at, (bits >> 16U & 1U) != 0 ? U'a' : U'b');
  }
  EXPECT_LT(languages.memory_bytes(), 600'000U);
  EXPECT_TRUE(at == languages.none() || languages.refused_count() == 0);
}

}  // namespace
}  // namespace diptych::grammar
