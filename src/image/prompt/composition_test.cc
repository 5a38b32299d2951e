#include "image/prompt/composition.h"

#include <gtest/gtest.h>

namespace diptych {
namespace {

using Parts = std::vector<std::pair<std::string, double>>;

TEST(Composition, AndJoinsWeightedParts) {
  const std::vector<std::pair<std::string_view, Parts>> cases = {
      {"a cat AND a dog", {{"a cat", 1}, {" a dog", 1}}},
      {"a cat :1.2 AND a dog AND a benguin :2.2",
       {{"a cat", 1.2}, {" a dog", 1}, {" a benguin", 2.2}}},
      {"sky: 0.5 AND tree :-0.3", {{"sky", 0.5}, {" tree", -0.3}}},
      {"(a:1.2) AND b", {{"(a:1.2)", 1}, {" b", 1}}},
      {"a BAND b", {{"a BAND b", 1}}},
      {"rain AND", {{"rain", 1}, {"", 1}}},
      {"x AND -1", {{"x", 1}, {" -1", 1}}},
      {"a cat :1.2AND a dog", {{"a cat :1.2AND a dog", 1}}},
      {"a:1:2", {{"a:1", 2}}},
      {"a:1e3", {{"a:1e3", 1}}},
      {"", {{"", 1}}},
  };
  for (const auto& [text, expected] : cases) {
    const auto parts = split_composition(text, "prompt");
    ASSERT_TRUE(parts.has_value()) << text;
    Parts actual;
    for (const ComposedText& part : *parts) actual.emplace_back(part.text, part.weight);
    EXPECT_EQ(actual, expected) << text;
  }
}

TEST(Composition, HasLimits) {
  std::string many = "a";
  for (int i = 0; i < 32; ++i) many += " AND a";
  EXPECT_EQ(split_composition(many, "prompt").error().param, "prompt");
  EXPECT_FALSE(split_composition("a :99999999", "prompt").has_value());
}

}  // namespace
}  // namespace diptych
