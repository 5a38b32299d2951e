#include "text/chat/tagged_reader.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "text/chat/reader_checks.h"

namespace diptych {
namespace {

ReadAnswer read(std::string_view text, TaggedReaderRules rules = {.tool_names = {"f", "g"}}) {
  return read_every_way([&] { return make_tagged_reader(rules); }, text);
}

struct Case {
  const char* what;
  std::string text;
  ReadAnswer expected;
};

class TaggedReader : public testing::TestWithParam<Case> {};

TEST_P(TaggedReader, ReadsItHoweverItIsCut) {
  EXPECT_EQ(read(GetParam().text), GetParam().expected);
}

const Case kCases[] = {
    {"PlainText", "Hello, world.\n", {.content = "Hello, world.\n"}},
    {"Nothing", "", {}},
    {"OnlySpaces", "  \n", {.content = "  \n"}},
    {"OneCall",
     "<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": 1}}</tool_call>",
     {.calls = {{"f", "{\"a\": 1}"}}}},
    {"CallBehindText",
     "Let me see.\n\n<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call>\n",
     {.content = "Let me see.", .calls = {{"f", "{}"}}}},
    {"TwoCalls",
     "<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": 1}}</tool_call>\n"
     "<tool_call>{\"name\": \"g\", \"arguments\": {\"b\": [2, {}]}}</tool_call>",
     {.calls = {{"f", "{\"a\": 1}"}, {"g", "{\"b\": [2, {}]}"}}}},
    {"TextBetweenCalls",
     "<tool_call>{\"name\":\"f\",\"arguments\":{}}</tool_call> and "
     "<tool_call>{\"name\":\"g\",\"arguments\":{}}</tool_call>",
     {.content = "and", .calls = {{"f", "{}"}, {"g", "{}"}}}},
    {"BracesAndTagsInsideStrings",
     "<tool_call>{\"name\":\"f\",\"arguments\":{\"a\":\"}]\\\"</tool_call>{\"}}</tool_call>done",
     {.content = "done", .calls = {{"f", "{\"a\":\"}]\\\"</tool_call>{\"}"}}}},
    {"ArgumentsFirst",
     "<tool_call>{\"arguments\": {\"a\": \"</tool_call>\"}, \"name\": \"f\"}</tool_call>",
     {.calls = {{"f", "{\"a\":\"</tool_call>\"}"}}}},
    {"ParametersForArguments",
     "<tool_call>{\"name\": \"f\", \"parameters\": {\"a\": 1}}</tool_call>",
     {.calls = {{"f", "{\"a\": 1}"}}}},
    {"ArgumentsAsText",
     "<tool_call>{\"name\": \"f\", \"arguments\": \"{\\\"a\\\": 1}\"}</tool_call>",
     {.calls = {{"f", "{\"a\": 1}"}}}},
    {"NoArguments", "<tool_call>{\"name\": \"f\"}</tool_call>", {.calls = {{"f", "{}"}}}},
    {"MissingEndTag", "<tool_call>{\"name\": \"f\", \"arguments\": {}}", {.calls = {{"f", "{}"}}}},
    {"MissingLastBrace",
     "<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": 1}</tool_call>!",
     {.content = "!", .calls = {{"f", "{\"a\": 1}"}}}},
    {"CutOffInsideArguments",
     "<tool_call>{\"name\": \"f\", \"arguments\": {\"city\": \"Par",
     {.calls = {{"f", "{\"city\": \"Par"}}}},
    {"CutOffBeforeTheName", "<tool_call>{\"name\": \"", {.content = "<tool_call>{\"name\": \""}},
    {"NotJson", "<tool_call>f(1)</tool_call>", {.content = "<tool_call>f(1)</tool_call>"}},
    {"UnquotedKey",
     "<tool_call>{\"name\": \"f\", \"arguments\": {a: 1}}</tool_call>",
     {.content = "<tool_call>{\"name\": \"f\", \"arguments\": {a: 1}}</tool_call>"}},
    {"UnknownTool",
     "<tool_call>{\"name\": \"h\", \"arguments\": {}}</tool_call>",
     {.content = "<tool_call>{\"name\": \"h\", \"arguments\": {}}</tool_call>"}},
    {"GoodCallBehindABadOne",
     "x <tool_call>oops <tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call>",
     {.content = "x <tool_call>oops", .calls = {{"f", "{}"}}}},
    {"HalfATag", "a <tool_", {.content = "a <tool_"}},
    {"Reasoning",
     "<think>\nHm.\nYes.\n</think>\n\nBlue.",
     {.content = "Blue.", .reasoning = "Hm.\nYes."}},
    {"ReasoningThenCall",
     "<think>Hm <tool_call></think><tool_call>{\"name\":\"f\",\"arguments\":{}}</tool_call>",
     {.reasoning = "Hm <tool_call>", .calls = {{"f", "{}"}}}},
    {"ReasoningNeverEnds", "<think>Hm", {.reasoning = "Hm"}},
    {"EmptyReasoning", "<think></think>Blue.", {.content = "Blue."}},
    {"ThinkTagInsideText", "Say <think>x</think>.", {.content = "Say <think>x</think>."}},
};

INSTANTIATE_TEST_SUITE_P(Answers, TaggedReader, testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.what; });

TEST(TaggedReaderTest, StreamsArgumentsBeforeTheCallIsComplete) {
  auto reader = make_tagged_reader({.tool_names = {"f"}});
  const AnswerDelta head = reader->feed("<tool_call>{\"name\": \"f\", \"arguments\": {\"a");
  ASSERT_EQ(head.calls.size(), 1U);
  EXPECT_EQ(head.calls[0].name, "f");
  EXPECT_EQ(head.calls[0].arguments, "{\"a");
  const AnswerDelta more = reader->feed("\": 12");
  ASSERT_EQ(more.calls.size(), 1U);
  EXPECT_EQ(more.calls[0].arguments, "\": 12");
}

TEST(TaggedReaderTest, StreamsContentAtOnce) {
  auto reader = make_tagged_reader({.tool_names = {"f"}});
  EXPECT_EQ(reader->feed("Hello").content, "Hello");
  EXPECT_EQ(reader->feed(" wor").content, " wor");
}

TEST(TaggedReaderTest, WithoutToolsACallIsJustText) {
  const std::string text = "<tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call>";
  EXPECT_EQ(read(text, {}).content, text);
}

TEST(TaggedReaderTest, WithoutParallelCallsTheAnswerEndsWithTheFirst) {
  const std::string call = "<tool_call>{\"name\":\"f\",\"arguments\":{\"a\":{}}}</tool_call>";
  const TaggedReaderRules rules{.tool_names = {"f"}, .parallel_calls = false};
  EXPECT_EQ(read("Well. " + call + " and " + call, rules),
            (ReadAnswer{.content = "Well.", .calls = {{"f", "{\"a\":{}}"}}}));
  auto reader = make_tagged_reader(rules);
  for (const char c : call.substr(0, call.rfind('}') - 1)) {
    (void)reader->feed({&c, 1});
    EXPECT_FALSE(reader->complete());
  }
  (void)reader->feed("}");
  EXPECT_TRUE(reader->complete()) << "nothing that follows can matter";
  EXPECT_FALSE(make_tagged_reader({.tool_names = {"f"}})->complete());
}

TEST(TaggedReaderTest, ReasoningMayBeginInThePrompt) {
  const ReadAnswer answer = read("Hm.\n</think>\nBlue.", {.starts_in_reasoning = true});
  EXPECT_EQ(answer, (ReadAnswer{.content = "Blue.", .reasoning = "Hm."}));
}

// Any mixture of the pieces that matter reads the same however it is cut.
TEST(TaggedReaderTest, RandomMixturesDoNotDependOnTheCuts) {
  const std::string pieces[] = {"<tool_call>",
                                "</tool_call>",
                                "{\"name\": \"f\"",
                                ", ",
                                "\"arguments\": ",
                                "{\"a\": ",
                                "\"x\"",
                                "}",
                                "}",
                                " ",
                                "<think>",
                                "</think>",
                                "text",
                                "\\",
                                "\"",
                                "\n",
                                "<tool",
                                "{"};
  for (std::uint64_t round = 0; round < 500; ++round) {
    std::string text;
    for (std::uint64_t i = 0; i < 12; ++i)
      text += pieces[static_cast<std::size_t>(uniform_at(round, 0, i) * std::size(pieces))];
    SCOPED_TRACE(text);
    const ReadAnswer answer = read(text);
    if (!answer.calls.empty() || !answer.reasoning.empty()) continue;
    EXPECT_NE(answer.content.size(), 0U) << "text was lost";
  }
}

}  // namespace
}  // namespace diptych
