// A reader that goes away or does not read, in every state of its request.
#include <gtest/gtest.h>

#include "text/scheduler/scheduler_bench.h"

namespace diptych {
namespace {

using namespace std::chrono_literals;

TEST(Cancel, AQueuedRequestFreesItsPlaceAtOnce) {
  SchedulerBench bench({}, {.slots_max = 1, .queued_max = 1});
  const auto running = bench.submit(request_for("a", 100));
  bench.step();
  auto queued = bench.submit(request_for("b", 100));
  EXPECT_FALSE(bench.try_submit(request_for("c", 100)));
  queued.reset();
  EXPECT_EQ(bench.loop.load().queued, 0);
  EXPECT_TRUE(bench.try_submit(request_for("c", 100))) << "before the next step";
}

TEST(Cancel, ADecodingRequestLeavesBeforeTheNextStep) {
  SchedulerBench bench;
  auto gone = bench.submit(request_for("a", 400));
  const auto stays = bench.submit(request_for("b", 400));
  for (int i = 0; i < 5; ++i) bench.step();
  gone.reset();
  bench.step();
  EXPECT_EQ(bench.engine.batch_sizes().back(), 1);
  EXPECT_EQ(bench.metric("diptych_text_cancelled_total{phase=\"decode\"}"), 1);
}

TEST(Cancel, StopsARunningPrefillThatNobodyElseNeeds) {
  std::unique_ptr<Stream> stream;
  EngineScript script;
  script.during_step = [&](int step) {
    if (step == 1) stream.reset();
  };
  SchedulerBench bench(script, {.step_tokens_max = 100});
  stream = bench.submit(request_for(std::string(400, 'p'), 10));
  bench.step();
  bench.step();  // stopped inside
  EXPECT_EQ(bench.engine.token_count(), 100);
  EXPECT_FALSE(bench.step());
  EXPECT_EQ(bench.loop.running_count(), 0);
  EXPECT_EQ(bench.metric("diptych_text_cancelled_total{phase=\"prefill\"}"), 1);
  EXPECT_EQ(bench.metric("diptych_text_wasted_tokens_total"), 100) << "the stopped step's tokens";
}

TEST(Cancel, DoesNotStopAStepThatOthersNeed) {
  std::unique_ptr<Stream> stream;
  EngineScript script;
  script.during_step = [&](int step) {
    if (step == 3) stream.reset();
  };
  SchedulerBench bench(script);
  stream = bench.submit(request_for("gone", 50));
  const auto stays = bench.submit(request_for("stays", 50));
  const Reading reading = bench.finish(*stays);
  EXPECT_FALSE(reading.error);
  EXPECT_EQ(reading.token_count.at(0), 50);
  EXPECT_EQ(bench.metric("diptych_text_wasted_tokens_total"), 1);
}

TEST(Cancel, ACancelledPrefixIsStillReused) {
  SchedulerBench bench({}, {.step_tokens_max = 50});
  const std::string prompt(120, 'p');
  auto gone = bench.submit(request_for(prompt, 10));
  bench.step();
  gone.reset();
  const auto again = bench.submit(request_for(prompt, 10));
  bench.finish(*again);
  EXPECT_EQ(again->usage().cached_tokens, 50);
}

TEST(SlowReader, IsPausedAtItsBoundAndOthersGoOn) {
  SchedulerBench bench({.step_latency = 1ms}, {.stream_bytes_max = 20});
  GenerationRequest request = request_for("slow", 300);
  request.ignore_end = true;
  request.keep_special = true;
  const auto slow = bench.submit(request);
  const auto quick = bench.submit(request_for("quick", 300));
  const Reading quick_reading = bench.finish(*quick);
  EXPECT_EQ(quick_reading.token_count.at(0), 300);
  EXPECT_FALSE(bench.step()) << "the slow one waits";
  Reading slow_reading;
  read_into(*slow, slow_reading);
  EXPECT_LE(slow_reading.text.at(0).size(), 20u + 11u) << "the bound and one token";
  const Reading rest = bench.finish(*slow);
  EXPECT_EQ(slow_reading.token_count.at(0) + rest.token_count.at(0), 300);
  const std::string all = slow_reading.text.at(0) + rest.text.at(0);
  SchedulerBench calm;
  EXPECT_EQ(all, calm.answer(request).text.at(0));
}

TEST(SlowReader, IsClosedWhenItStallsTooLong) {
  SchedulerBench bench({.step_latency = 1ms}, {.stream_bytes_max = 20, .reader_stall_max = 5s});
  const auto stream = bench.submit(request_for("slow", 300));
  bench.run_until_idle();
  EXPECT_EQ(bench.loop.running_count(), 1);
  ASSERT_TRUE(bench.loop.until_next_deadline());
  EXPECT_LE(*bench.loop.until_next_deadline(), 5s);
  bench.clock.advance(5s);
  bench.step();
  EXPECT_EQ(bench.loop.running_count(), 0);
  Reading reading;
  read_into(*stream, reading);
  ASSERT_TRUE(reading.error);
  EXPECT_EQ(reading.error->code, ErrorCode::kTimeout);
  EXPECT_EQ(bench.metric("diptych_text_stalled_readers_total"), 1);
}

TEST(SlowReader, HoldsNoSlotAndGivesUpItsMemoryToOthers) {
  EngineScript script;
  script.limits.sequence_count = 1;
  SchedulerBench bench(script, {.slots_max = 1, .stream_bytes_max = 20});
  const auto slow = bench.submit(request_for("slow", 200));
  bench.run_until_idle();
  const Reading reading = bench.answer(request_for("next", 10));
  EXPECT_EQ(reading.token_count.at(0), 10);
  EXPECT_EQ(bench.finish(*slow).token_count.at(0), 200) << "it goes on when it reads again";
}

TEST(EndChoice, EndsOneChoiceAsAStopAndLeavesTheOthers) {
  SchedulerBench bench;
  GenerationRequest request = request_for("prompt", 40);
  request.choice_count = 2;
  request.sampling.temperature = 1;
  const auto stream = bench.submit(request);
  Reading reading;
  while (reading.token_count[0] < 3) {
    bench.step();
    read_into(*stream, reading);
  }
  stream->end_choice(0);
  bench.step();
  read_into(*stream, reading);
  ASSERT_TRUE(reading.finish.contains(0));
  EXPECT_EQ(reading.finish[0], FinishReason::kStop);
  EXPECT_EQ(reading.token_count[0], 3);
  while (!stream->done()) {
    bench.step();
    read_into(*stream, reading);
  }
  EXPECT_EQ(reading.token_count[1], 40);
  EXPECT_EQ(reading.finish[1], FinishReason::kLength);
  EXPECT_FALSE(reading.error);
}

}  // namespace
}  // namespace diptych
