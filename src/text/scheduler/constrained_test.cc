// Answers that must match a grammar, whatever the model would rather say.

#include <gtest/gtest.h>

#include <regex>

#include "base/json.h"
#include "text/answer_grammar.h"
#include "text/scheduler/scheduler_bench.h"

namespace diptych {
namespace {

using grammar::GrammarKind;

class Constrained : public testing::Test {
 protected:
  GenerationRequest request(const grammar::GrammarSource& source, int token_count_max = 60) {
    GenerationRequest request = request_for("prompt", token_count_max);
    auto constraint = grammars_.get(source, {});
    EXPECT_TRUE(constraint) << (constraint ? "" : constraint.error().message);
    if (constraint) request.constraint = std::move(*constraint);
    return request;
  }

  const ScriptVocabulary vocabulary_{{}};
  AnswerGrammars grammars_{vocabulary_};
};

TEST_F(Constrained, AnswersMatchAndEnd) {
  SchedulerBench bench;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    GenerationRequest asked = request({GrammarKind::kRegex, "[a-c]{3,8}-[0-9]{2}"});
    asked.sampling.temperature = 1;
    asked.sampling.seed = seed;
    const Reading reading = bench.answer(std::move(asked));
    ASSERT_FALSE(reading.error) << reading.error->message;
    EXPECT_TRUE(std::regex_match(reading.text.at(0), std::regex("[a-c]{3,8}-[0-9]{2}")))
        << reading.text.at(0);
    EXPECT_EQ(reading.finish.at(0), FinishReason::kStop);
  }
}

TEST_F(Constrained, WhatTheModelWouldSayIsKeptWhereItMatches) {
  SchedulerBench bench({.next = says(R"({"a": 12})", 6)});
  const Reading reading = bench.answer(request(
      {GrammarKind::kJsonSchema, R"({"type":"object","properties":{"a":{"type":"integer"}}})"}));
  EXPECT_EQ(reading.text.at(0), R"({"a": 12})");
  EXPECT_EQ(reading.finish.at(0), FinishReason::kStop);
}

TEST_F(Constrained, ForcedTextIsComputedInOneStep) {
  SchedulerBench bench;
  const Reading reading =
      bench.answer(request({GrammarKind::kChoice, R"(["always the same text"])"}));
  EXPECT_EQ(reading.text.at(0), "always the same text");
  EXPECT_EQ(reading.token_count.at(0), 21);  // a byte each, and the end
  EXPECT_LE(bench.engine.step_count(), 3);   // the prompt, the rest of the text, the end
}

TEST_F(Constrained, EveryTokenHasItsProbabilityWhenAsked) {
  SchedulerBench bench;
  GenerationRequest asked = request({GrammarKind::kChoice, R"(["same"])"});
  asked.top_logprob_count = 1;
  const Reading reading = bench.answer(std::move(asked));
  EXPECT_EQ(reading.text.at(0), "same");
  EXPECT_EQ(reading.tokens.at(0).size(), 4U);
}

TEST_F(Constrained, ChoicesOfOneRequestGoTheirOwnWays) {
  SchedulerBench bench;
  GenerationRequest asked = request({GrammarKind::kRegex, "[a-z]{12}"});
  asked.choice_count = 3;
  asked.sampling.temperature = 1.5;
  const Reading reading = bench.answer(std::move(asked));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(reading.text.at(i).size(), 12U) << i;
  EXPECT_NE(reading.text.at(0), reading.text.at(1));
}

TEST_F(Constrained, ALimitEndsTheAnswerInTheMiddle) {
  SchedulerBench bench;
  const Reading reading = bench.answer(request({GrammarKind::kRegex, "[a-z]{30}"}, 5));
  EXPECT_EQ(reading.text.at(0).size(), 5U);
  EXPECT_EQ(reading.finish.at(0), FinishReason::kLength);
}

TEST_F(Constrained, CloseWithinLimitBringsTheAnswerToItsEnd) {
  SchedulerBench bench;
  for (const int limit : {12, 20, 40}) {
    GenerationRequest asked = request(
        {GrammarKind::kJsonSchema, R"({"type":"array","items":{"type":"string"},"minItems":1})"},
        limit);
    asked.close_within_limit = true;
    asked.sampling.temperature = 1;
    const Reading reading = bench.answer(std::move(asked));
    EXPECT_EQ(reading.finish.at(0), FinishReason::kStop) << reading.text.at(0);
    EXPECT_TRUE(parse_json(reading.text.at(0))) << reading.text.at(0);
  }
}

TEST_F(Constrained, TheSameGrammarIsCompiledOnce) {
  const grammar::GrammarSource source{GrammarKind::kRegex, "a+"};
  auto first = grammars_.get(source, {}), second = grammars_.get(source, {});
  ASSERT_TRUE(first && second);
  (void)first->start().mask();
  EXPECT_EQ(second->stats().masks, 1U);  // they are one
}

TEST_F(Constrained, WhatCannotBeEnforcedIsRefused) {
  EXPECT_FALSE(grammars_.get({GrammarKind::kJsonSchema, R"({"pattern":"(a)\\1"})"}, {}));
  EXPECT_FALSE(grammars_.get({GrammarKind::kJsonSchema, "false"}, {}));
}

}  // namespace
}  // namespace diptych
