// Many requests at once: the same text as alone, no leak after any storm, fair shares, little
// memory.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/rng.h"
#include "text/scheduler/scheduler_bench.h"

namespace diptych {
namespace {

using namespace std::chrono_literals;

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : seed_(seed) {}
  int upto(int count) { return static_cast<int>(uniform_at(seed_, 0, drawn_++) * count); }

 private:
  std::uint64_t seed_, drawn_ = 0;
};

GenerationRequest random_request(Dice& dice) {
  GenerationRequest request =
      request_for(std::string(static_cast<std::size_t>(1 + dice.upto(60)), 's'), 1 + dice.upto(40));
  for (int i = dice.upto(20); i > 0; --i) request.prompt.push_back('a' + dice.upto(3));
  request.choice_count = dice.upto(5) == 0 ? 1 + dice.upto(3) : 1;
  request.sampling.temperature = dice.upto(3) == 0 ? 0 : 1;
  request.sampling.seed = static_cast<std::uint64_t>(dice.upto(1000));
  request.sampling.frequency_penalty = dice.upto(4) == 0 ? 0.5 : 0;
  request.top_logprob_count = dice.upto(4) == 0 ? 2 : -1;
  request.owner = std::string(1, static_cast<char>('A' + dice.upto(3)));
  request.cache_salt = dice.upto(3) == 0 ? "other" : "";
  request.priority = static_cast<Priority>(dice.upto(4));
  return request;
}

// Tight memory, so that evictions and setbacks happen all the time.
EngineScript tight(bool rolls_back) {
  return {.limits = {.sequence_count = 6,
                     .context_length = 128,
                     .cell_count = 150,
                     .step_token_count = 32},
          .rolls_back = rolls_back};
}

std::map<int, std::string> alone(const GenerationRequest& request) {
  SchedulerBench bench({.limits = {.sequence_count = 4,
                                   .context_length = 128,
                                   .cell_count = 1000,
                                   .step_token_count = 64}});
  return bench.answer(request).text;
}

TEST(Crowd, TheTextIsTheSameAsAlone) {
  for (bool rolls_back : {true, false}) {
    Dice dice(17);
    SchedulerBench bench(tight(rolls_back), {.slots_max = 6,
                                             .step_tokens_max = 24,
                                             .prefill_tokens_beside_decode = 9,
                                             .cells_ahead_per_choice = 4});
    std::vector<GenerationRequest> requests;
    std::vector<std::unique_ptr<Stream>> streams;
    for (int i = 0; i < 60; ++i) {
      requests.push_back(random_request(dice));
      streams.push_back(bench.submit(requests.back()));
    }
    bench.run_until_idle();
    for (std::size_t i = 0; i < streams.size(); ++i) {
      Reading reading;
      read_into(*streams[i], reading);
      ASSERT_FALSE(reading.error) << reading.error->message;
      EXPECT_EQ(reading.text, alone(requests[i])) << "request " << i;
      int completion = 0;
      for (const auto& [choice, count] : reading.token_count) completion += count;
      const GenerationUsage usage = streams[i]->usage();
      EXPECT_EQ(usage.completion_tokens, completion);
      EXPECT_LT(usage.cached_tokens, usage.prompt_tokens) << "one prompt token is always computed";
    }
    EXPECT_GT(bench.metric("diptych_text_preemptions_total"), 0)
        << "the test must reach its hard case";
    EXPECT_EQ(bench.loop.pool().cells().live(), 0);
  }
}

TEST(Crowd, NoStormLeavesASlotOrACellBehind) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Dice dice(seed);
    EngineScript script = tight(seed % 2 == 0);
    for (int step = 0; step < 3000; ++step) {
      const ErrorCode faults[] = {ErrorCode::kCancelled, ErrorCode::kOverloaded,
                                  ErrorCode::kInternal};
      if (dice.upto(40) == 0) script.faults[step] = faults[dice.upto(3)];
    }
    std::vector<std::unique_ptr<Stream>> streams;
    script.during_step = [&](int) {
      if (dice.upto(20) == 0 && !streams.empty()) streams.erase(streams.begin());
    };
    SchedulerBench bench(script, {.slots_max = 6,
                                  .queued_max = 20,
                                  .step_tokens_max = 24,
                                  .stream_bytes_max = 40,
                                  .cells_ahead_per_choice = 4});
    for (int round = 0; round < 1500; ++round) {
      if (dice.upto(3) == 0)
        if (auto stream = bench.try_submit(random_request(dice)))
          streams.push_back(std::move(*stream));
      if (dice.upto(5) == 0 && !streams.empty())
        streams.erase(streams.begin() + dice.upto(static_cast<int>(streams.size())));
      for (auto& stream : streams) {
        Reading reading;
        if (dice.upto(4) > 0) read_into(*stream, reading);
      }
      bench.clock.advance(1ms);
      bench.step();
      if (testing::Test::HasFatalFailure()) FAIL() << "seed " << seed << " round " << round;
    }
    for (int i = 0; i < 3000; ++i) {
      for (auto& stream : streams) {
        Reading reading;
        read_into(*stream, reading);
      }
      if (!bench.step() && bench.loop.running_count() == 0) break;
    }
    EXPECT_EQ(bench.loop.running_count(), 0) << "seed " << seed;
    EXPECT_EQ(bench.loop.load().queued, 0);
    EXPECT_EQ(bench.loop.pool().cells().live(), 0);
    for (const auto& stream : streams) EXPECT_TRUE(stream->done());
  }
}

TEST(Crowd, CachedAndComputedTokensAddUpToThePrompts) {
  SchedulerBench bench;
  const std::string shared(200, 's');
  double prompts = 0, cached = 0;
  for (int turn = 0; turn < 10; ++turn) {
    const auto stream =
        bench.submit(request_for(shared + std::string(static_cast<std::size_t>(turn), 'q'), 3));
    bench.finish(*stream);
    prompts += stream->usage().prompt_tokens;
    cached += stream->usage().cached_tokens;
  }
  EXPECT_EQ(bench.metric("diptych_text_tokens_total{kind=\"prompt\"}") + cached, prompts);
  EXPECT_EQ(bench.metric("diptych_text_tokens_total{kind=\"cached\"}"), cached);
  EXPECT_GT(cached, 9 * 190);
}

TEST(Crowd, AConversationContinuesWhereItEnded) {
  SchedulerBench bench({.next = says("fine", 5)});
  const auto first = bench.submit(request_for("hello", 4));
  bench.finish(*first);
  const auto second = bench.submit(request_for("hellofine, and you?", 2));
  bench.finish(*second);
  EXPECT_EQ(second->usage().cached_tokens, 8)
      << "prompt and answer but its last token, never computed";
}

TEST(Crowd, AFloodDoesNotDelayAnotherOwner) {
  SchedulerOptions options{.slots_max = 8,
                           .queued_max = 300,
                           .step_tokens_max = 128,
                           .prefill_tokens_beside_decode = 64};
  const auto first_token_of = [](SchedulerBench& bench, char who) {
    GenerationRequest request = request_for(std::string(64, who), 8);
    request.owner = "quiet";
    const Monotonic start = bench.clock.now();
    const auto stream = bench.submit(request);
    Reading reading;
    while (reading.text[0].empty() && !stream->done()) {
      bench.step();
      read_into(*stream, reading);
    }
    return bench.clock.now() - start;
  };
  const EngineScript script{.step_latency = 5ms, .token_latency = 1ms};
  SchedulerBench idle(script, options), flooded(script, options);
  const Duration idle_time = first_token_of(idle, 'i');
  (void)first_token_of(flooded, 'w');  // seen before: the reserve is there
  std::vector<std::unique_ptr<Stream>> flood;
  std::vector<Reading> sink(1000);
  for (int i = 0; i < 250; ++i) {
    GenerationRequest request = request_for(std::to_string(i) + std::string(120, 'f'), 40);
    request.owner = "flood";
    flood.push_back(flooded.submit(request));
  }
  for (int i = 0; i < 30; ++i) flooded.step();
  for (char who = 'a'; who < 'k'; ++who) {
    for (int i = 0; i < 7; ++i) flooded.step();
    EXPECT_LE(first_token_of(flooded, who), 3 * idle_time);
  }
}

TEST(Crowd, OneOwnerAloneHasAllSlotsAndLeavesSomeOnceAnotherIsAbout) {
  SchedulerBench bench({}, {.slots_max = 6, .owner_reserved_slots = 2});
  const auto submit = [&](std::string owner) {
    GenerationRequest request = request_for("p", 30);
    request.owner = std::move(owner);
    return bench.submit(request);
  };
  std::vector<std::unique_ptr<Stream>> loud;
  for (int i = 0; i < 40; ++i) loud.push_back(submit("loud"));
  bench.step();
  EXPECT_EQ(bench.loop.running_count(), 6);
  const auto soft = submit("soft");
  bench.finish(*soft);
  bench.step();
  EXPECT_EQ(bench.loop.running_count(), 4) << "two slots wait for the next of the others";
  bench.clock.advance(61s);
  bench.run_until_idle();
  for (auto& stream : loud) EXPECT_EQ(bench.finish(*stream).token_count.at(0), 30);
}

TEST(Crowd, TwoFloodingOwnersShareTheServer) {
  SchedulerBench bench({}, {.slots_max = 4, .queued_max = 500});
  std::vector<std::pair<std::string, std::unique_ptr<Stream>>> streams;
  for (int i = 0; i < 300; ++i) {
    GenerationRequest request = request_for(std::string(10, 'p'), 20);
    request.owner = i < 200 ? "loud" : "soft";
    streams.emplace_back(request.owner, bench.submit(request));
  }
  for (int i = 0; i < 400; ++i) bench.step();
  std::map<std::string, double> served;
  for (auto& [owner, stream] : streams) served[owner] += stream->usage().completion_tokens;
  const double loud = served["loud"], soft = served["soft"];
  EXPECT_GE((loud + soft) * (loud + soft) / (2 * (loud * loud + soft * soft)), 0.95)
      << loud << " " << soft;
}

}  // namespace
}  // namespace diptych
