#include "text/scheduler/step_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <semaphore>

#include "text/scheduler/scheduler_bench.h"

namespace diptych {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using Work = StepWatch::Work;

constexpr Duration kLimit = seconds(60);

class StepWatchTest : public testing::Test {
 protected:
  double count() const { return stalls_.value(); }
  ManualClock clock_;
  std::unique_ptr<Metrics> metrics_ = make_metrics();
  StepWatch watch_{kLimit, clock_, *metrics_};
  Counter& stalls_ = metrics_->counter("diptych_text_stalls_total", "");
};

TEST_F(StepWatchTest, WorkIsTooLongFromTheLimitOnAndIsCountedOnce) {
  watch_.begin(Work::kComputing, 12, 3);
  clock_.advance(kLimit - Duration(1));
  EXPECT_FALSE(watch_.stall({}));
  clock_.advance(Duration(1));
  for (int i = 0; i < 3; ++i)
    EXPECT_THAT(*watch_.stall({}), HasSubstr("12 tokens for 3 answers has been computed for 60.0"));
  EXPECT_EQ(count(), 1);
}

TEST_F(StepWatchTest, ProgressEndsIt) {
  watch_.begin(Work::kPlanning);
  clock_.advance(kLimit);
  EXPECT_TRUE(watch_.stall({}));
  watch_.begin(Work::kSampling, 0, 1);
  EXPECT_FALSE(watch_.stall({}));
  clock_.advance(kLimit);
  EXPECT_THAT(*watch_.stall({}), HasSubstr("drawing"));
  EXPECT_EQ(count(), 2);
}

TEST_F(StepWatchTest, RestIsNeverTooLongUnlessSomebodyWaits) {
  watch_.begin(Work::kNothing);
  clock_.advance(seconds(1000));
  EXPECT_FALSE(watch_.stall({}));
  const Monotonic arrival = clock_.now();
  EXPECT_FALSE(watch_.stall(arrival));
  clock_.advance(kLimit);
  EXPECT_THAT(*watch_.stall(arrival), HasSubstr("waited for 60.0 s"));
}

TEST_F(StepWatchTest, NoLimitMeansNeverTooLong) {
  StepWatch off(Duration::zero(), clock_, *metrics_);
  off.begin(Work::kComputing, 1, 1);
  clock_.advance(seconds(100'000));
  EXPECT_FALSE(off.stall({}));
}

TEST(Scheduler, AStepThatHangsIsSeenAndNewRequestsAreToldToComeBack) {
  ManualClock clock;
  const auto metrics = make_metrics();
  std::unique_ptr<Scheduler> scheduler;
  std::stop_source stop;
  EngineScript script;
  script.during_step = [&](int step) {
    EXPECT_EQ(scheduler->load().stalled, "");
    if (step < 2) return;
    clock.advance(kLimit);
    EXPECT_THAT(scheduler->load().stalled, HasSubstr("a step of 1 tokens for 1 answers"));
    const auto refused = scheduler->submit(request_for("b", 5));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kOverloaded);
    EXPECT_EQ(refused.error().detail, "model_stalled");
    EXPECT_GT(refused.error().retry_after_ms, 0);
    stop.request_stop();
  };
  scheduler = make_scheduler(std::make_unique<ScriptEngine>(script), {.step_stall_max = kLimit},
                             clock, *metrics);
  const auto stream = scheduler->submit(request_for("a", 50));
  scheduler->run(stop.get_token());
  EXPECT_EQ(scheduler->load().stalled, "");
  EXPECT_THAT(metrics->render(), HasSubstr("diptych_text_stalls_total 1"));
}

// Nobody asks for its load: the scheduler's own watch says so.
TEST(Scheduler, AStallIsCountedThoughNobodyAsks) {
  const auto metrics = make_metrics();
  Counter& stalls = metrics->counter("diptych_text_stalls_total", "");
  std::stop_source stop;
  EngineScript script;
  script.during_step = [&](int) {
    while (stalls.value() == 0) std::this_thread::yield();
    stop.request_stop();
  };
  const auto scheduler =
      make_scheduler(std::make_unique<ScriptEngine>(script),
                     {.step_stall_max = std::chrono::milliseconds(20)}, system_clock(), *metrics);
  const auto stream = scheduler->submit(request_for("a", 50));
  scheduler->run(stop.get_token());
}

}  // namespace
}  // namespace diptych
