#pragma once
// For the tests of this folder: a step loop over the scripted engine and a manual clock, driven
// step by step.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "text/engine_script.h"
#include "text/scheduler/request_check.h"
#include "text/scheduler/step_loop.h"
#include "text/scheduler/ticket_stream.h"

namespace diptych {

struct Reading {  // all that one stream has said so far
  std::map<int, std::string> text;
  std::map<int, std::vector<TokenLogprob>> tokens;
  std::map<int, int> token_count;
  std::map<int, FinishReason> finish;
  std::map<int, std::string> stop_matched;
  std::vector<TokenLogprob> prompt_tokens;
  std::optional<Error> error;
};

inline void read_into(Stream& stream, Reading& reading) {
  while (!stream.done()) {
    auto news = stream.poll();
    if (!news) {
      reading.error = news.error();
      continue;
    }
    if (!*news) return;
    Delta& delta = **news;
    reading.text[delta.choice] += delta.text;
    auto& tokens = reading.tokens[delta.choice];
    tokens.insert(tokens.end(), delta.tokens.begin(), delta.tokens.end());
    reading.token_count[delta.choice] += delta.token_count;
    EXPECT_FALSE(delta.finish && reading.finish.contains(delta.choice)) << "finished twice";
    if (delta.finish) reading.finish[delta.choice] = *delta.finish;
    if (!delta.stop_matched.empty()) reading.stop_matched[delta.choice] = delta.stop_matched;
    reading.prompt_tokens.insert(reading.prompt_tokens.end(), delta.prompt_tokens.begin(),
                                 delta.prompt_tokens.end());
  }
}

class SchedulerBench {
 public:
  explicit SchedulerBench(EngineScript script = {}, SchedulerOptions options = {})
      : engine(with_clock(std::move(script))),
        options_(options),
        inbox(std::make_shared<Inbox>(options.queued_max)),
        loop(engine, options, clock, *metrics, *inbox) {}
  ~SchedulerBench() { loop.end_all(Error{.code = ErrorCode::kCancelled, .message = "bench over"}); }

  Result<std::unique_ptr<Stream>> try_submit(GenerationRequest request) {
    TRY_STATUS(check_request(request, engine, loop.slot_count()));
    auto ticket = std::make_shared<Ticket>(std::move(request), clock.now());
    if (inbox->push(ticket)) return fail(ErrorCode::kOverloaded, "refused");
    return std::make_unique<TicketStream>(std::move(ticket), inbox,
                                          static_cast<std::size_t>(options_.stream_bytes_max));
  }
  std::unique_ptr<Stream> submit(GenerationRequest request) {
    auto stream = try_submit(std::move(request));
    EXPECT_TRUE(stream.has_value()) << (stream ? "" : stream.error().message);
    return stream ? std::move(*stream) : nullptr;
  }
  bool step() {
    const bool worked = loop.step_once() == StepLoop::Outcome::kWorked;
    check_invariants();
    return worked;
  }
  int run_until_idle(int steps_max = 100'000) {
    int steps = 0;
    while (steps < steps_max && step()) ++steps;
    EXPECT_LT(steps, steps_max) << "never idle";
    return steps;
  }
  Reading finish(Stream& stream) {
    Reading reading;
    for (int steps = 0; !stream.done() && steps < 100'000; ++steps) {
      step();
      read_into(stream, reading);
    }
    EXPECT_TRUE(stream.done());
    return reading;
  }
  Reading answer(GenerationRequest request) {
    const auto stream = submit(std::move(request));
    return finish(*stream);
  }
  // What the scheduler believes about the engine's memory is what the engine holds.
  void check_invariants() const {
    ASSERT_EQ(loop.pool().cells().used(), engine.cells_used());
    ASSERT_LE(engine.cells_used(), engine.limits().cell_count);
    for (SequenceId id = 0; id < engine.limits().sequence_count; ++id) {
      const auto tokens = engine.tokens_of(id);
      ASSERT_EQ(loop.pool().length(id), static_cast<int>(tokens.size())) << "sequence " << id;
    }
  }
  double metric(const std::string& line_start) const {
    const std::string all = fmt::format("\n{}", metrics->render());
    const auto at = all.find(fmt::format("\n{} ", line_start));
    return at == std::string::npos ? -1 : std::stod(all.substr(at + line_start.size() + 2));
  }

  ManualClock clock;
  std::unique_ptr<Metrics> metrics = make_metrics();
  ScriptEngine engine;

 private:
  EngineScript with_clock(EngineScript script) {
    if (!script.wait) script.wait = [this](Duration took) { clock.advance(took); };
    return script;
  }
  SchedulerOptions options_;

 public:
  std::shared_ptr<Inbox> inbox;
  StepLoop loop;
};

inline std::vector<TokenId> tokens_of(std::string_view text) {
  std::vector<TokenId> tokens;
  for (char c : text) tokens.push_back(static_cast<unsigned char>(c));
  return tokens;
}

inline GenerationRequest request_for(std::string_view prompt, int token_count_max) {
  GenerationRequest request;
  request.prompt = tokens_of(prompt);
  request.token_count_max = token_count_max;
  request.sampling.temperature = 0;
  return request;
}

// The model answers with these bytes, then ends. `prompt_size` tokens come first.
inline auto says(std::string answer, int prompt_size) {
  return [answer = std::move(answer), prompt_size](std::span<const TokenId> tokens) -> TokenId {
    const std::size_t at = tokens.size() - static_cast<std::size_t>(prompt_size);
    return at < answer.size() ? static_cast<unsigned char>(answer[at])
                              : ScriptVocabulary::kEndToken;
  };
}

}  // namespace diptych
