// Vectors: the grammars of A1111 1.10, SD.Next and compel, run on these texts.

#include "image/prompt/attention.h"

#include <gtest/gtest.h>

#include "image/prompt/limits.h"

namespace diptych {
namespace {

struct Piece {
  std::string text;
  double weight;
};
using Pieces = std::vector<Piece>;
const Piece kBreak{"BREAK", -1};

void expect_pieces(std::string_view text, const AttentionReading& options, const Pieces& expected) {
  SCOPED_TRACE(std::string(describe(options.syntax).name) + ": " + std::string(text));
  const auto parsed = parse_attention(text, options);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  ASSERT_EQ(parsed->terms.size(), 1U);
  EXPECT_EQ(parsed->terms[0].weight, 1);
  const auto& pieces = parsed->terms[0].pieces;
  ASSERT_EQ(pieces.size(), expected.size());
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    EXPECT_EQ(pieces[i].text, expected[i].text);
    EXPECT_NEAR(pieces[i].weight, expected[i].weight, 1e-6) << pieces[i].text;
    EXPECT_EQ(pieces[i].is_break, expected[i].weight == -1 && expected[i].text == "BREAK");
  }
}

struct BracketCase {
  std::string_view text;
  Pieces a1111, native;
};

const std::vector<BracketCase>& bracket_cases() {
  static const std::vector<BracketCase> cases = {
      {"normal text", {{"normal text", 1}}, {{"normal text", 1}}},
      {"an (important) word",
       {{"an ", 1}, {"important", 1.1}, {" word", 1}},
       {{"an", 1}, {"important", 1.1}, {"word", 1}}},
      {"(unbalanced", {{"unbalanced", 1.1}}, {{"unbalanced", 1.1}}},
      {"unbalanced)", {{"unbalanced)", 1}}, {{"unbalanced", 1}}},
      {"\\(literal\\]", {{"(literal]", 1}}, {{"(literal]", 1}}},
      {"(unnecessary)(parens)", {{"unnecessaryparens", 1.1}}, {{"unnecessary parens", 1.1}}},
      {"a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).",
       {{"a ", 1},
        {"house", 1.573},
        {" ", 1.1},
        {"on", 1},
        {" a ", 1.1},
        {"hill", 0.55},
        {", sun, ", 1.1},
        {"sky", 1.4641},
        {".", 1.1}},
       {{"a", 1},
        {"house", 1.573},
        {"on", 1},
        {"a", 1.1},
        {"hill", 0.55},
        {"sun,", 1.1},
        {"sky", 1.464}}},
      {"((a))", {{"a", 1.21}}, {{"a", 1.21}}},
      {"[a]", {{"a", 0.9090909090909091}}, {{"a", 0.909}}},
      {"[[a]]", {{"a", 0.8264462809917354}}, {{"a", 0.826}}},
      {"(a:0)", {{"a", 0}}, {{"a", 0}}},
      {"(a:-1)", {{"a", -1}}, {{"a", -1}}},
      {"(x:.5)", {{"x", 0.5}}, {{"x", 0.5}}},
      {"(a:1.)", {{"a", 1}}, {{"a", 1}}},
      {"(a:+1.5)", {{"a", 1.5}}, {{"a", 1.5}}},
      {"(a: 1.2)", {{"a", 1.2}}, {{"a 1.2", 1.1}}},
      {"(a:1.2 )", {{"a", 1.2}}, {{"a 1.2", 1.1}}},
      {"a (b:1.5:1.2) c",
       {{"a ", 1}, {"b:1.5", 1.2}, {" c", 1}},
       {{"a", 1}, {"b 1.5", 1.2}, {"c", 1}}},
      {"(a:b:1.3)", {{"a:b", 1.3}}, {{"a b", 1.3}}},
      {"a:1.2", {{"a:1.2", 1}}, {{"a 1.2", 1}}},
      {"(x:1e3)", {{"x:1e3", 1.1}}, {{"x 1e3", 1.1}}},
      {"(a (b:1.2) c:1.5)",
       {{"a ", 1.5}, {"b", 1.8}, {" c", 1.5}},
       {{"a", 1.5}, {"b", 1.8}, {"c", 1.5}}},
      {"((a:1.2)", {{"a", 1.32}}, {{"a", 1.32}}},
      {"(a]:1.2)", {{"a]", 1.2}}, {{"a", 1.2}}},
      {"(a\\):1.3)", {{"a)", 1.3}}, {{"a)", 1.3}}},
      {"a\\\\b", {{"a\\b", 1}}, {{"a\\b", 1}}},
      {"one BREAK two", {{"one", 1}, kBreak, {"two", 1}}, {{"one", 1}, kBreak, {"two", 1}}},
      {"one, BREAK (two:1.2)",
       {{"one,", 1}, kBreak, {"", 1}, {"two", 1.2}},
       {{"one,", 1}, kBreak, {"two", 1.2}}},
      {"breakBREAK x", {{"breakBREAK x", 1}}, {{"breakBREAK x", 1}}},
      {"BREAK", {{"", 1}, kBreak, {"", 1}}, {kBreak}},
      {"a\nb", {{"a\nb", 1}}, {{"a", 1}, kBreak, {"b", 1}}},
      {"a ## b", {{"a ## b", 1}}, {{"a", 1}, kBreak, {"b", 1}}},
      {"", {{"", 1}}, {{"", 1}}},
      {"(red, blue:1.2), [green]",
       {{"red, blue", 1.2}, {", ", 1}, {"green", 0.9090909}},
       {{"red, blue", 1.2}, {"green", 0.909}}},
      {"emoji (\U0001F600:1.2)", {{"emoji ", 1}, {"\U0001F600", 1.2}}, {{"emoji", 1}}},
      {"score_9, (masterpiece:1.2), 1girl, \\(series\\)",
       {{"score_9, ", 1}, {"masterpiece", 1.2}, {", 1girl, (series)", 1}},
       {{"score_9,", 1}, {"masterpiece", 1.2}, {"1girl,(series)", 1}}},
  };
  return cases;
}

TEST(Attention, BracketsWeighTheirText) {
  for (const BracketCase& each : bracket_cases()) {
    expect_pieces(each.text, {.syntax = AttentionSyntax::kA1111}, each.a1111);
    expect_pieces(each.text, {.syntax = AttentionSyntax::kNative}, each.native);
  }
}

TEST(Attention, NewLinesAreBlanksWhereTheyDoNotBreak) {
  expect_pieces("a\nb", {.syntax = AttentionSyntax::kNative, .newline_breaks = false},
                {{"a b", 1}});
}

TEST(Attention, BreakInsideBracketsIsABreak) {
  expect_pieces("(a BREAK b:1.2)", {}, {{"a", 1.2}, kBreak, {"b", 1.2}});
}

TEST(Attention, WordBoundariesAreThoseOfUnicode) {
  expect_pieces("\u732BBREAK b", {}, {{"\u732BBREAK b", 1}});  // a letter before
  expect_pieces("\u732B\u3000BREAK\u3000b", {}, {{"\u732B", 1}, kBreak, {"b", 1}});
  expect_pieces("\u3002BREAK b", {}, {{"\u3002", 1}, kBreak, {"b", 1}});  // a full stop before
  expect_pieces("(a:\u30001.2)", {}, {{"a", 1.2}});
}

TEST(Attention, FixedReadsNothing) {
  expect_pieces("(a:1.2) BREAK [b]", {.syntax = AttentionSyntax::kFixed},
                {{"(a:1.2) BREAK [b]", 1}});
}

TEST(Attention, CompelWeighsWhatStandsBefore) {
  const std::vector<std::pair<std::string_view, Pieces>> cases = {
      {"word+", {{"word", 1.1}}},
      {"word++", {{"word", 1.21}}},
      {"word-", {{"word", 0.9}}},
      {"(two words)--", {{"two words", 0.81}}},
      {"(text)1.3", {{"text", 1.3}}},
      {"(a (b)1.2 c)1.5", {{"a", 1.5}, {"b", 1.8}, {"c", 1.5}}},
      {"(text)", {{"text", 1}}},
      {"x (y)0", {{"x", 1}, {"y", 0}}},
      {"[a] BREAK b", {{"[a] BREAK b", 1}}},
      {"(a:1.2)", {{"a:1 . 2", 1}}},
      {"\\(lit\\)", {{"(lit)", 1}}},
      {"a well-known cat+, (old)-", {{"a well-known", 1}, {"cat", 1.1}, {",", 1}, {"old", 0.9}}},
      {"\"a b\"++ c", {{"a b", 1.21}, {"c", 1}}},
      {"(a b).attend(1.5)", {{"a b", 1.5}}},
      {"a ,++ b", {{"a , ++ b", 1}}},
      {"b,(c)1.3", {{"b,", 1}, {"c", 1.3}}},
      {"(unbalanced 3.5", {{"(unbalanced 3.5", 1}}},
      {" ", {{"", 1}}},
      {R"(("a", "b c").and())", {{"a", 1}, kBreak, {"b c", 1}}},
  };
  for (const auto& [text, pieces] : cases) {
    expect_pieces(text, {.syntax = AttentionSyntax::kCompel}, pieces);
  }
}

TEST(Attention, CompelBlendsPrompts) {
  const AttentionReading compel{.syntax = AttentionSyntax::kCompel};
  const auto blend = parse_attention(R"(("a cat+", "a dog").blend(1.5, 0.5))", compel);
  ASSERT_TRUE(blend.has_value()) << blend.error().message;
  ASSERT_EQ(blend->terms.size(), 2U);
  EXPECT_DOUBLE_EQ(blend->terms[0].weight, 0.75);  // shares of the sum
  EXPECT_DOUBLE_EQ(blend->terms[1].weight, 0.25);
  ASSERT_EQ(blend->terms[0].pieces.size(), 2U);
  EXPECT_EQ(blend->terms[0].pieces[1].text, "cat");
  EXPECT_EQ(blend->terms[1].pieces[0].text, "a dog");
  const auto raw = parse_attention(R"(("a", "b").blend(2, 1, no_normalize))", compel);
  ASSERT_TRUE(raw.has_value());
  EXPECT_DOUBLE_EQ(raw->terms[0].weight, 2);
}

TEST(Attention, CompelRefusesWhatItCannotDo) {
  const std::vector<std::pair<std::string_view, ErrorCode>> cases = {
      {"a cat.swap(dog)", ErrorCode::kUnsupported},
      {"withLora(x, 0.5) a", ErrorCode::kUnsupported},
      {R"(("a", "b").blend(1))", ErrorCode::kInvalidArgument},
      {R"(("a", "b").blend(1, -1))", ErrorCode::kInvalidArgument},
      {R"(("a", "b").blend(1, x))", ErrorCode::kInvalidArgument},
  };
  for (const auto& [text, code] : cases) {
    const auto parsed =
        parse_attention(text, {.syntax = AttentionSyntax::kCompel, .param = "negative_prompt"});
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().code, code) << text;
    EXPECT_EQ(parsed.error().param, "negative_prompt");
  }
}

TEST(Attention, DepthAndWeightsHaveLimits) {
  for (const auto syntax :
       {AttentionSyntax::kA1111, AttentionSyntax::kNative, AttentionSyntax::kCompel}) {
    const auto deep = parse_attention(std::string(kPromptDepthMax + 1, '('), {.syntax = syntax});
    ASSERT_FALSE(deep.has_value());
    EXPECT_EQ(deep.error().code, ErrorCode::kInvalidArgument);
    std::string allowed;  // brackets whose weights cancel out
    for (int i = 0; i < kPromptDepthMax / 2; ++i) allowed += "([";
    EXPECT_TRUE(parse_attention(allowed + "a", {.syntax = syntax}));
  }
  EXPECT_FALSE(parse_attention("(a:9999999)", {}).has_value());
  EXPECT_TRUE(parse_attention("(a:1000)", {}).has_value());
}

TEST(Attention, ANumberThatIsNoneIsTextWithAWarning) {
  const auto parsed = parse_attention("(a:1.2.3)", {});
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->terms[0].pieces[0].text, "a:1.2.3");
  ASSERT_EQ(parsed->warnings.size(), 1U);
  EXPECT_NE(parsed->warnings[0].message.find("1.2.3"), std::string::npos);
}

TEST(Attention, SyntaxesAreFoundByName) {
  for (const AttentionRow& row : attention_rows()) {
    EXPECT_EQ(find_attention_syntax(row.name), row.syntax);
  }
  EXPECT_EQ(find_attention_syntax("xhinker"), std::nullopt);
}

}  // namespace
}  // namespace diptych
