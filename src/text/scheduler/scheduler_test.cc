// The whole scheduler with its own thread.
#include "text/scheduler/scheduler.h"

#include <gtest/gtest.h>

#include <semaphore>
#include <thread>

#include "text/scheduler/scheduler_bench.h"

namespace diptych {
namespace {

class Server {
 public:
  explicit Server(EngineScript script = {}, SchedulerOptions options = {})
      : scheduler(make_scheduler(std::make_unique<ScriptEngine>(std::move(script)), options,
                                 system_clock(), *metrics)),
        thread_([this](std::stop_token stop) { scheduler->run(stop); }) {}
  void request_stop() { thread_.request_stop(); }
  void join() { thread_.join(); }
  std::unique_ptr<Metrics> metrics = make_metrics();
  std::unique_ptr<Scheduler> scheduler;

 private:
  std::jthread thread_;
};

Reading read_all(Stream& stream) {
  std::counting_semaphore<> ready(0);
  stream.on_ready([&] { ready.release(); });
  Reading reading;
  for (;;) {
    read_into(stream, reading);
    if (stream.done()) break;
    ready.acquire();
  }
  stream.on_ready(nullptr);
  return reading;
}

TEST(Scheduler, AnswersReadersOnManyThreads) {
  Server server;
  std::vector<std::jthread> readers;
  std::vector<std::string> texts(24);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    readers.emplace_back([&, i] {
      auto stream = server.scheduler->submit(request_for("prompt " + std::to_string(i % 4), 60));
      ASSERT_TRUE(stream);
      texts[i] = read_all(**stream).text[0];
    });
  }
  readers.clear();
  for (std::size_t i = 4; i < texts.size(); ++i) EXPECT_EQ(texts[i], texts[i % 4]);
  EXPECT_EQ(server.scheduler->load().queued, 0);
}

TEST(Scheduler, StreamsThatVanishAtAnyTimeLeaveNothingBehind) {
  Server server({}, {.slots_max = 4});
  std::vector<std::jthread> readers;
  for (int thread = 0; thread < 4; ++thread) {
    readers.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        auto stream = server.scheduler->submit(request_for(std::string(100, 'v'), 300));
        if (!stream) continue;
        (*stream)->on_ready([] {});
        if (i % 3 == 0) (void)(*stream)->poll();
      }
    });
  }
  readers.clear();
  auto last = server.scheduler->submit(request_for("still there?", 5));
  ASSERT_TRUE(last);
  EXPECT_EQ(read_all(**last).token_count.at(0), 5);
}

TEST(Scheduler, StopEndsEveryStreamAsCancelled) {
  std::binary_semaphore started(0), stopping(0);
  EngineScript script;
  script.during_step = [&](int step) {
    if (step != 3) return;
    started.release();
    stopping.acquire();
  };
  Server server(script, {.slots_max = 1});
  auto running = server.scheduler->submit(request_for("a", 500));
  auto queued = server.scheduler->submit(request_for("b", 500));
  started.acquire();
  server.request_stop();
  stopping.release();
  server.join();
  for (const auto* stream : {&*running, &*queued}) {
    Reading last;
    read_into(**stream, last);
    ASSERT_TRUE(last.error);
    EXPECT_EQ(last.error->code, ErrorCode::kCancelled);
  }
  EXPECT_EQ(server.scheduler->submit(request_for("c", 5)).error().code, ErrorCode::kCancelled);
}

TEST(Scheduler, DrainRefusesNewWorkAndFinishesTheOld) {
  Server server;
  auto old = server.scheduler->submit(request_for("a", 50));
  server.scheduler->drain();
  EXPECT_EQ(server.scheduler->submit(request_for("b", 5)).error().code, ErrorCode::kCancelled);
  EXPECT_EQ(read_all(**old).token_count.at(0), 50);
}

TEST(Scheduler, AFullQueueSaysWhenToComeBack) {
  const auto metrics = make_metrics();
  const auto scheduler = make_scheduler(std::make_unique<ScriptEngine>(EngineScript{}),
                                        {.queued_max = 2}, system_clock(), *metrics);
  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < 2; ++i) streams.push_back(*scheduler->submit(request_for("a", 5)));
  const auto refused = scheduler->submit(request_for("a", 5));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kOverloaded);
  EXPECT_GE(refused.error().retry_after_ms, 1000);
}

TEST(Scheduler, AStreamMayOutliveItsScheduler) {
  const auto metrics = make_metrics();
  auto scheduler =
      make_scheduler(std::make_unique<ScriptEngine>(EngineScript{}), {}, system_clock(), *metrics);
  auto stream = *scheduler->submit(request_for("a", 5));
  scheduler.reset();
  EXPECT_EQ(stream->poll().error().code, ErrorCode::kCancelled);
  EXPECT_TRUE(stream->done());
}

}  // namespace
}  // namespace diptych
