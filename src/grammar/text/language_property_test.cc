// Languages against std::regex, and against every short text.

#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <string>
#include <vector>

#include "grammar/text/language.h"

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

constexpr std::string_view kAlphabet = "abc";

std::vector<std::string> texts_up_to(std::size_t length_max) {
  std::vector<std::string> texts{""};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].size() == length_max) continue;
    for (const char c : kAlphabet) texts.push_back(texts[i] + c);
  }
  return texts;
}

class RandomPattern {
 public:
  explicit RandomPattern(std::uint32_t seed) : random_(seed) {}

  std::string make(int depth) {
    switch (pick(depth <= 0 ? 3 : 10)) {
      case 0:
        return std::string(1, kAlphabet[pick(3)]);
      case 1:
        return "[ab]";
      case 2:
        return pick(2) == 0 ? "." : "[^a]";
      case 3:
        return "(?:" + make(depth - 1) + "|" + make(depth - 1) + ")";
      case 4:
        return "(?:" + make(depth - 1) + ")*";
      case 5:
        return "(?:" + make(depth - 1) + "){" + std::to_string(pick(3)) + ",3}";
      case 6:
        return "(?:" + make(depth - 1) + ")?";
      case 7:
        return pick(2) == 0 ? "^" + make(depth - 1) : make(depth - 1) + "$";
      case 8:
        return (pick(2) == 0 ? "(?=" : "(?!") + make(depth - 1) + ")" + make(depth - 1);
      default:
        return make(depth - 1) + make(depth - 1);
    }
  }

 private:
  std::uint32_t pick(std::uint32_t count) { return random_() % count; }
  Draws random_;
};

TEST(LanguageProperty, patternsMatchWhatStdRegexMatches) {
  const auto texts = texts_up_to(4);
  for (std::uint32_t seed = 0; seed < 150; ++seed) {
    const std::string pattern = RandomPattern(seed).make(4);
    const std::regex oracle(pattern, std::regex::ECMAScript | std::regex::nosubs);
    Languages languages{Limits{}};
    const auto language = languages.ecma_pattern(pattern);
    ASSERT_TRUE(language.has_value()) << pattern << ": " << language.error().message;
    for (const std::string& text : texts) {
      ASSERT_EQ(languages.accepts(*language, text), std::regex_search(text, oracle))
          << pattern << " on \"" << text << '"';
    }
  }
}

struct Random {
  Languages& languages;
  Draws random;

  Language make(int depth) {
    const auto pick = [&](std::uint32_t count) { return random() % count; };
    if (depth > 0) {
      switch (pick(4)) {
        case 0:
          return languages.both(make(depth - 1), make(depth - 1));
        case 1:
          return languages.either(make(depth - 1), make(depth - 1));
        case 2:
          return languages.negated(make(depth - 1));
        default:
          break;
      }
    }
    switch (pick(4)) {
      case 0:
        return languages.one_of({"ab", "a", "abcab", "cc", ""});
      case 1:
        return languages.length(pick(3), 2 + pick(3));
      default:
        return *languages.ecma_pattern("^(?:" + RandomPattern(random()).make(2) + ")$");
    }
  }
};

TEST(LanguageProperty, emptinessNextAndBranchesAgreeWithEveryShortText) {
  const auto texts = texts_up_to(5);
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    Languages languages{Limits{}};
    const Language language = Random{languages, Draws(seed)}.make(3);
    bool any = false;
    std::size_t accepted = 0;
    for (const std::string& text : texts) {
      Language at = language;
      if (languages.is_empty(at)) at = languages.none();
      for (const char c : text) at = languages.next(at, static_cast<char32_t>(c));
      const bool accepts = languages.accepts_empty(at);
      ASSERT_EQ(accepts, languages.accepts(language, text)) << seed << ' ' << text;
      any = any || accepts;
      accepted += accepts ? 1 : 0;
    }
    if (any) {
      EXPECT_FALSE(languages.is_empty(language)) << seed;
    }
    EXPECT_LE(std::min<std::uint64_t>(accepted, 1000), languages.count(language, 1000)) << seed;
    EXPECT_EQ(languages.refused_count(), 0U);
  }
}

// From every state, following branches must end in a string of the language: no dead ends.
TEST(LanguageProperty, everyStateHasAWayToAnEnd) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    Languages languages{Limits{}};
    Draws random(seed);
    Language at = Random{languages, Draws(seed)}.make(3);
    if (languages.is_empty(at)) continue;
    for (int step = 0; step < 12; ++step) {
      const auto shortest = languages.shortest(at);
      ASSERT_TRUE(shortest.has_value()) << seed;
      const auto branches = languages.branches(at);
      ASSERT_TRUE(languages.accepts_empty(at) || !branches.empty()) << seed;
      if (branches.empty()) break;
      at = branches[random() % branches.size()].rest;
      ASSERT_GE(languages.shortest(at).value_or(1000) + 1, *shortest);
    }
  }
}

// Equal keys: the same texts are prefixes, and whole, up to the reach.
TEST(LanguageProperty, equalKeysHaveEqualNearFutures) {
  const auto texts = texts_up_to(3);
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    Languages languages{Limits{}};
    Draws random(seed);
    std::map<std::uint64_t, std::string> futures;
    for (int i = 0; i < 20; ++i) {
      Language language = *languages.ecma_pattern("^(?:" + RandomPattern(random()).make(2) + "){" +
                                                  std::to_string(random() % 6) + ",9}$");
      if (random() % 2 == 0) language = languages.both(language, languages.length(0, 5 + i));
      if (languages.is_empty(language)) continue;
      std::string future;
      for (const std::string& text : texts) {
        Language at = language;
        for (const char c : text) at = languages.next(at, static_cast<char32_t>(c));
        future += at == languages.none() ? '.' : languages.accepts_empty(at) ? 'e' : 'p';
      }
      const auto [known, is_new] = futures.try_emplace(languages.key(language, 3), future);
      EXPECT_EQ(known->second, future) << seed;
    }
  }
}

TEST(LanguageProperty, plainRunsHoldForEveryTextOfThem) {
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    Languages languages{Limits{}};
    Draws random(seed);
    Language language = *languages.ecma_pattern(RandomPattern(seed).make(3));
    if (seed % 2 == 0)
      language = languages.both(language, languages.length(seed % 3, 3 + seed % 9));
    if (languages.is_empty(language)) continue;
    const auto run = languages.plain_run(language);
    if (!run) continue;
    for (int walk = 0; walk < 50; ++walk) {
      Language at = language;
      for (std::uint32_t i = 0; i < std::min<std::uint32_t>(run->code_points_max, 12); ++i) {
        char32_t c = random() % 128;
        while ((run->ascii[c / 64] >> (c % 64) & 1U) == 0) c = (c + 1) % 128;
        if (run->multibyte && random() % 4 == 0) c = 0x80 + random() % 5000;
        at = languages.next(at, c);
        ASSERT_NE(at, languages.none()) << seed;
      }
    }
  }
}

}  // namespace
}  // namespace diptych::grammar
