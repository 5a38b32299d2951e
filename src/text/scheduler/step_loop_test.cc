#include "text/scheduler/step_loop.h"

#include <cmath>

#include "text/scheduler/scheduler_bench.h"

namespace diptych {
namespace {

using namespace std::chrono_literals;

TEST(StepLoop, SaysWhatTheModelSays) {
  SchedulerBench bench({.next = says("hello", 3)});
  const auto stream = bench.submit(request_for("abc", 10));
  const Reading reading = bench.finish(*stream);
  EXPECT_EQ(reading.text.at(0), "hello");
  EXPECT_EQ(reading.finish.at(0), FinishReason::kStop);
  EXPECT_EQ(stream->usage().prompt_tokens, 3);
  EXPECT_EQ(stream->usage().completion_tokens, 6) << "the end token counts";
  EXPECT_EQ(reading.token_count.at(0), 6);
}

TEST(StepLoop, EndsWithLengthAtTheTokenLimit) {
  SchedulerBench bench({.next = says("hello", 3)});
  const Reading reading = bench.answer(request_for("abc", 4));
  EXPECT_EQ(reading.text.at(0), "hell");
  EXPECT_EQ(reading.finish.at(0), FinishReason::kLength);
}

TEST(StepLoop, IgnoreEndGoesOnPastEndTokens) {
  SchedulerBench bench({.next = says("hi", 1)});
  GenerationRequest request = request_for("a", 5);
  request.ignore_end = true;
  const Reading reading = bench.answer(request);
  EXPECT_EQ(reading.text.at(0), "hi");
  EXPECT_EQ(reading.token_count.at(0), 5);
  EXPECT_EQ(reading.finish.at(0), FinishReason::kLength);
}

TEST(StepLoop, TokenCountMinForbidsEarlyEnds) {
  SchedulerBench bench({.next = says("hi", 1)});
  GenerationRequest request = request_for("a", 9);
  request.token_count_min = 5;
  request.stops = {"i"};
  const auto stream = bench.submit(request);
  bench.finish(*stream);
  EXPECT_GE(stream->usage().completion_tokens, 5);
}

TEST(StepLoop, StopTokensEndTheAnswerWithoutTheirText) {
  SchedulerBench bench({.next = says("one.two", 1)});
  GenerationRequest request = request_for("a", 20);
  request.stop_tokens = {'.'};
  EXPECT_EQ(bench.answer(request).text.at(0), "one");
  request.include_stop = true;
  EXPECT_EQ(bench.answer(request).text.at(0), "one.");
}

TEST(StepLoop, KeepSpecialShowsControlTokens) {
  SchedulerBench bench({.next = [](std::span<const TokenId> tokens) -> TokenId {
    return tokens.size() == 1 ? ScriptVocabulary::kControlToken : 'x';
  }});
  GenerationRequest request = request_for("a", 2);
  EXPECT_EQ(bench.answer(request).text.at(0), "x");
  request.keep_special = true;
  EXPECT_EQ(bench.answer(request).text.at(0), "<|control|>x");
}

TEST(StepLoop, ComputesThePromptOnceForAllChoices) {
  SchedulerBench bench;
  GenerationRequest request = request_for(std::string(100, 'p'), 5);
  request.choice_count = 4;
  request.sampling.temperature = 1;
  request.sampling.seed = 7;
  const auto stream = bench.submit(request);
  const Reading reading = bench.finish(*stream);
  EXPECT_EQ(bench.engine.token_count(), 100 + 4 * 4)
      << "the last token of a choice is not computed";
  EXPECT_EQ(stream->usage().completion_tokens, 20);
  EXPECT_EQ(stream->usage().prompt_tokens, 100);
  ASSERT_EQ(reading.text.size(), 4u);
  EXPECT_NE(reading.text.at(0), reading.text.at(1));
  for (int choice = 0; choice < 4; ++choice)
    EXPECT_EQ(reading.finish.at(choice), FinishReason::kLength);
}

TEST(StepLoop, DecodesBesidePromptsWithinTheBudget) {
  SchedulerOptions options{.step_tokens_max = 64, .prefill_tokens_beside_decode = 16};
  SchedulerBench bench({}, options);
  const auto first = bench.submit(request_for("a", 200));
  bench.step();
  const auto second = bench.submit(request_for(std::string(100, 'b'), 5));
  bench.run_until_idle();
  int widest = 0;
  for (int size : bench.engine.batch_sizes()) widest = std::max(widest, size);
  EXPECT_EQ(widest, 17) << "one decoding token and 16 of the prompt";
}

TEST(StepLoop, PromptsAreComputedOneAfterTheOther) {
  SchedulerOptions options{
      .slots_max = 16, .step_tokens_max = 128, .prefill_tokens_beside_decode = 64};
  SchedulerBench bench({.token_latency = 1ms}, options);
  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < 16; ++i)
    streams.push_back(bench.submit(request_for(std::string(127, 'a') + char('a' + i), 64)));
  std::vector<double> first_token_ms(16, -1);
  std::vector<Reading> readings(16);
  for (int step = 0; step < 400; ++step) {
    bench.step();
    for (std::size_t i = 0; i < streams.size(); ++i) {
      read_into(*streams[i], readings[i]);
      if (first_token_ms[i] < 0 && !readings[i].text.empty())
        first_token_ms[i] =
            std::chrono::duration<double, std::milli>(bench.clock.now().time_since_epoch()).count();
    }
  }
  std::ranges::sort(first_token_ms);
  ASSERT_GE(first_token_ms[0], 0);
  const double all_wait = 16 * 128;  // the lump: every first token after all prompts
  EXPECT_LE(first_token_ms[0], 0.1 * all_wait);
  EXPECT_LE(first_token_ms[8], 0.75 * all_wait);
}

TEST(StepLoop, AnEngineErrorEndsOnlyItsBatchAndTheRestGoesOn) {
  SchedulerBench bench({.faults = {{1, ErrorCode::kInternal}}});
  const auto broken = bench.submit(request_for("abc", 10));
  const Reading reading = bench.finish(*broken);
  ASSERT_TRUE(reading.error);
  EXPECT_EQ(reading.error->code, ErrorCode::kInternal);
  EXPECT_EQ(bench.engine.cells_used(), 0) << "nothing of it is kept";
  EXPECT_EQ(bench.answer(request_for("abc", 10)).finish.at(0), FinishReason::kLength);
}

TEST(StepLoop, FaultsThatPassDoNotChangeTheAnswer) {
  GenerationRequest request = request_for(std::string(90, 'q') + "?", 40);
  request.sampling = {.temperature = 1, .seed = 11};
  SchedulerBench calm;
  const std::string expected = calm.answer(request).text.at(0);
  for (bool rolls_back : {true, false}) {
    for (ErrorCode fault : {ErrorCode::kOverloaded, ErrorCode::kCancelled}) {
      for (int at = 0; at < 12; ++at) {
        SchedulerBench bench({.faults = {{at, fault}, {at + 3, fault}}, .rolls_back = rolls_back},
                             {.step_tokens_max = 32});
        const Reading reading = bench.answer(request);
        ASSERT_FALSE(reading.error) << reading.error->message;
        EXPECT_EQ(reading.text.at(0), expected) << "fault at step " << at;
      }
    }
  }
}

TEST(StepLoop, AnEngineThatNeverHasRoomEndsTheStreamAsOverloaded) {
  EngineScript script;
  for (int step = 0; step < 100; ++step) script.faults[step] = ErrorCode::kOverloaded;
  SchedulerBench bench(script);
  const Reading reading = bench.answer(request_for("abcdefgh", 10));
  ASSERT_TRUE(reading.error);
  EXPECT_EQ(reading.error->code, ErrorCode::kOverloaded);
}

TEST(StepLoop, PromptLogprobsCoverEveryPromptTokenOnce) {
  SchedulerBench bench({}, {.step_tokens_max = 20, .prompt_logprob_tokens_max = 7});
  GenerationRequest request = request_for(std::string(50, 'x'), 3);
  request.prompt_logprobs = true;
  request.top_logprob_count = 2;
  bench.answer(request_for(std::string(50, 'x'), 3));  // a prefix that must not be reused
  const auto stream = bench.submit(request);
  const Reading reading = bench.finish(*stream);
  ASSERT_EQ(reading.prompt_tokens.size(), 50u);
  EXPECT_TRUE(std::isnan(reading.prompt_tokens[0].logprob));
  EXPECT_LT(reading.prompt_tokens[1].logprob, 0);
  EXPECT_EQ(reading.prompt_tokens[49].top.size(), 2u);
  EXPECT_EQ(stream->usage().cached_tokens, 0);
  EXPECT_EQ(reading.tokens.at(0).size(), 3u);
}

TEST(StepLoop, TimesOutWhereverTheRequestIs) {
  SchedulerBench bench({.step_latency = 10ms}, {.slots_max = 1});
  GenerationRequest request = request_for("a", 300);
  request.timeout = 100ms;
  const auto running = bench.submit(request);
  const auto queued = bench.submit(request);
  for (int i = 0; i < 20; ++i) bench.step();
  for (const auto* stream : {&running, &queued}) {
    Reading reading;
    read_into(**stream, reading);
    ASSERT_TRUE(reading.error);
    EXPECT_EQ(reading.error->code, ErrorCode::kTimeout);
  }
  EXPECT_EQ(bench.loop.load().active, 0);
  EXPECT_EQ(bench.loop.load().queued, 0);
}

TEST(StepLoop, RefusesWhatCanNeverFit) {
  SchedulerBench bench;
  GenerationRequest too_long = request_for("a", 512);
  EXPECT_EQ(bench.try_submit(too_long).error().code, ErrorCode::kInvalidArgument);
  GenerationRequest too_many = request_for("a", 5);
  too_many.choice_count = 17;
  EXPECT_EQ(bench.try_submit(too_many).error().code, ErrorCode::kInvalidArgument);
  GenerationRequest strange = request_for("a", 5);
  strange.sampling.logit_bias = {{100'000, 1.0F}};
  EXPECT_EQ(bench.try_submit(strange).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace diptych
