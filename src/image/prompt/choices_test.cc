#include "image/prompt/choices.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "image/prompt/choice_options.h"
#include "image/prompt/limits.h"

namespace diptych {
namespace {

std::optional<std::vector<std::string>> find_line(std::string_view name) {
  static const std::map<std::string, std::vector<std::string>, std::less<>> files = {
      {"colour", {"# a comment", "", "red", " blue "}},
      {"dir/pet", {"{cat|dog}"}},
      {"either", {"up|down"}},
      {"schedule", {"[a|b]"}},
      {"outer", {"very __colour__"}},
      {"loop", {"x__loop__"}},
      {"bomb", {"__bomb____bomb__"}},
      {"empty", {"# nothing"}},
  };
  const auto found = files.find(name);
  if (found == files.end()) return std::nullopt;
  return found->second;
}

ChosenPrompt chosen(std::string_view text, std::uint64_t seed = 1) {
  auto result = make_choices(text, {.seed = seed, .find_wildcard = find_line});
  EXPECT_TRUE(result.has_value()) << text;
  return result ? std::move(*result) : ChosenPrompt{};
}

// How often each text comes out of 2000 seeds.
std::map<std::string, int> counted(std::string_view text) {
  std::map<std::string, int> counts;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) ++counts[chosen(text, seed).text];
  return counts;
}

std::set<std::string> outcomes(std::string_view text) {
  std::set<std::string> texts;
  for (const auto& [outcome, count] : counted(text)) texts.insert(outcome);
  return texts;
}

using Texts = std::set<std::string>;

TEST(Choices, TakeOneOption) {
  EXPECT_EQ(outcomes("a {red|blue} b"), (Texts{"a red b", "a blue b"}));
  EXPECT_EQ(outcomes("{a| b |}x"), (Texts{"ax", "bx", "x"}));
  EXPECT_EQ(outcomes("{a|{b|c}}"), (Texts{"a", "b", "c"}));
  EXPECT_EQ(outcomes("{<lora:x:0.5>|[c|d]}"), (Texts{"<lora:x:0.5>", "[c|d]"}));
}

TEST(Choices, TheSeedDecides) {
  EXPECT_EQ(chosen("{a|b|c|d|e|f|g|h}", 7).text, chosen("{a|b|c|d|e|f|g|h}", 7).text);
  const auto negative = make_choices("{a|b|c|d|e|f|g|h}{a|b|c|d|e|f|g|h}",
                                     {.seed = 7, .stream = 1, .find_wildcard = {}});
  EXPECT_NE(negative->text, chosen("{a|b|c|d|e|f|g|h}{a|b|c|d|e|f|g|h}", 7).text);
}

TEST(Choices, WeightsShiftTheOdds) {
  auto counts = counted("{a:0.7|b:0.1|c|d}");  // c and d share the rest
  EXPECT_NEAR(counts["a"], 1400, 100);
  EXPECT_NEAR(counts["b"], 200, 60);
  EXPECT_NEAR(counts["c"], 200, 60);
  counts = counted("{3::a|b}");
  EXPECT_NEAR(counts["a"], 1500, 100);
  EXPECT_NEAR(counts["b"], 500, 100);
  EXPECT_EQ(outcomes("{a:1|b}"), Texts{"a"});
  EXPECT_EQ(outcomes("{a:0|b:0}"), (Texts{"a", "b"}));
  EXPECT_EQ(outcomes("{(a:1.2)|[b:c:0.5]}"), (Texts{"(a:1.2)", "[b:c:0.5]"}));
}

TEST(Choices, SeveralDifferentOnesAreJoined) {
  EXPECT_EQ(outcomes("{2$$a|b|c}"), (Texts{"a, b", "b, a", "a, c", "c, a", "b, c", "c, b"}));
  EXPECT_EQ(outcomes("{1-2$$ and $$a|b}"), (Texts{"a", "b", "a and b", "b and a"}));
  EXPECT_EQ(outcomes("{9$$a}"), Texts{"a"});
  EXPECT_EQ(outcomes("{-1$$a|b}"), (Texts{"a", "b"}));
  EXPECT_EQ(outcomes("{0$$a|b}x"), Texts{"x"});
}

TEST(Choices, OtherBracesAreText) {
  for (const std::string_view text : {"{masterpiece}", "{{x}}", "a } b { c", "{a|b",
                                      R"({"a": "b|c"})", "\\{a|b\\}", "$$", "{}", "a \\"}) {
    EXPECT_EQ(chosen(text).text, text);
    EXPECT_TRUE(chosen(text).choices.empty()) << text;
  }
}

TEST(Wildcards, BecomeOneOfTheirLines) {
  EXPECT_EQ(outcomes("a __colour__ hat"), (Texts{"a red hat", "a blue hat"}));
  EXPECT_EQ(outcomes("__dir/pet__"), (Texts{"cat", "dog"}));
  EXPECT_EQ(outcomes("__either__"), (Texts{"up", "down"}));
  EXPECT_EQ(outcomes("__schedule__"), Texts{"[a|b]"});
  EXPECT_EQ(outcomes("__outer__"), (Texts{"very red", "very blue"}));
  EXPECT_EQ(outcomes("{__either__|{x|y}}"), (Texts{"up", "down", "x", "y"}));
}

TEST(Wildcards, UnknownOnesStayWithAWarning) {
  const ChosenPrompt unknown = chosen("a __nothing__ b __nothing__ __empty__");
  EXPECT_EQ(unknown.text, "a __nothing__ b __nothing__ __empty__");
  ASSERT_EQ(unknown.warnings.size(), 2U);  // each once
  EXPECT_NE(unknown.warnings[0].message.find("__nothing__"), std::string::npos);
  EXPECT_TRUE(chosen("snake__ ____ __ a_b").warnings.empty());
}

TEST(Wildcards, RecursionEnds) {
  const ChosenPrompt loop = chosen("__loop__");
  EXPECT_EQ(loop.text, "xxxxxxxxxx__loop__");
  EXPECT_EQ(loop.warnings.size(), 1U);
  const auto bomb = make_choices("__bomb__ __bomb__ __bomb__", {.find_wildcard = find_line});
  ASSERT_FALSE(bomb.has_value());
  EXPECT_EQ(bomb.error().code, ErrorCode::kInvalidArgument);
}

TEST(Wildcards, OfAStyleReplaceTheirWord) {
  const std::vector<std::string> local = {"HAIR=red, black;DRESS=green; ;=x;NOWHERE="};
  Texts texts;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    texts.insert(
        make_choices("HAIR HAIR DRESS", {.seed = seed, .find_wildcard = {}, .local_words = local})
            ->text);
  }
  EXPECT_EQ(texts, (Texts{"red red green", "black black green"}));
}

TEST(Choices, AreRecorded) {
  const ChosenPrompt one = chosen("a {b|{c|b}} __colour__");
  ASSERT_GE(one.choices.size(), 2U);
  EXPECT_EQ(one.choices.back().source, "__colour__");
  EXPECT_TRUE(one.text.ends_with(one.choices.back().text));
  EXPECT_EQ(one.choices[one.choices.size() - 2].source, "{b|{c|b}}");
}

TEST(Choices, SizeAndDepthHaveLimits) {
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += "{a|";
  deep += std::string(200, '}');
  bool refused = false;  // depends on what is taken
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const auto result = make_choices(deep, {.seed = seed, .find_wildcard = {}});
    refused |= !result.has_value();
  }
  EXPECT_FALSE(refused) << "the outermost choices end nearly every walk";
  const std::vector<std::string> grow = {"a=" + std::string(1000, 'b')};
  const auto large =
      make_choices(std::string(1000, 'a'), {.find_wildcard = {}, .local_words = grow});
  ASSERT_FALSE(large.has_value());
  EXPECT_EQ(large.error().param, "prompt");
  std::string nested = "x";
  for (int i = 0; i < 100; ++i) nested = "{1$$" + nested + "}";
  EXPECT_FALSE(make_choices(nested, {.find_wildcard = {}}).has_value());
}

}  // namespace
}  // namespace diptych
