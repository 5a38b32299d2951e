#include "api/background.h"

#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <stdexcept>
#include <vector>

namespace diptych {
namespace {

struct Log {  // what happened to a task, in order; the runner's thread writes, the test reads
  void add(std::string entry) {
    const std::lock_guard lock(mutex);
    entries.push_back(std::move(entry));
  }
  std::vector<std::string> read() {
    const std::lock_guard lock(mutex);
    return entries;
  }
  std::mutex mutex;
  std::vector<std::string> entries;
  std::function<void()> wake;  // set by on_ready
  std::promise<void> ended;
};

class ScriptedTask final
    : public BackgroundTask {  // finishes at its nth poll; throws when nth is 0
 public:
  ScriptedTask(std::shared_ptr<Log> log, int nth) : log_(std::move(log)), left_(nth) {}
  ~ScriptedTask() override { log_->ended.set_value(); }
  void on_ready(std::function<void()> wake) override { log_->wake = std::move(wake); }
  bool poll() override {
    log_->add("poll");
    if (left_ == 0) throw std::runtime_error("scripted");
    return --left_ == 0;
  }
  void abandon(TaskEnd end) override {
    log_->add(end == TaskEnd::kCancelled  ? "cancelled"
              : end == TaskEnd::kShutdown ? "shutdown"
                                          : "crashed");
  }

 private:
  std::shared_ptr<Log> log_;
  int left_;
};

constexpr int kNever = 1'000'000;
using Entries = std::vector<std::string>;

TEST(BackgroundRunner, PollsOnceAtTheStartAndThenOncePerWakeUntilTheEnd) {
  const auto runner = make_background_runner(4);
  const auto log = std::make_shared<Log>();
  ASSERT_TRUE(runner->start("a", std::make_unique<ScriptedTask>(log, 1)));
  log->ended.get_future().wait();
  EXPECT_EQ(log->read(), (Entries{"poll"}));
  EXPECT_FALSE(runner->cancel("a"));
}

TEST(BackgroundRunner, WatchersHearEveryPollAndTheEnd) {
  const auto runner = make_background_runner(4);
  const auto log = std::make_shared<Log>();
  std::promise<void> polled;
  ASSERT_TRUE(runner->start("a", std::make_unique<ScriptedTask>(log, kNever)));
  const auto watch = runner->watch("a", [&polled, first = true]() mutable {
    if (std::exchange(first, false)) polled.set_value();
  });
  ASSERT_NE(watch, nullptr);
  log->wake();
  polled.get_future().wait();
  EXPECT_EQ(runner->watch("b", [] {}), nullptr);
}

TEST(BackgroundRunner, AWatchThatEndedIsNotCalled) {
  const auto runner = make_background_runner(4);
  const auto log = std::make_shared<Log>();
  ASSERT_TRUE(runner->start("a", std::make_unique<ScriptedTask>(log, kNever)));
  bool called_late = false;
  bool over = false;
  auto watch = runner->watch("a", [&] { called_late = called_late || over; });
  watch.reset();
  over = true;
  EXPECT_TRUE(runner->cancel("a"));
  EXPECT_FALSE(called_late);
}

TEST(BackgroundRunner, CancelReturnsAfterTheTaskStoredItsEnd) {
  const auto runner = make_background_runner(4);
  const auto log = std::make_shared<Log>();
  ASSERT_TRUE(runner->start("a", std::make_unique<ScriptedTask>(log, kNever)));
  EXPECT_TRUE(runner->cancel("a"));
  EXPECT_EQ(log->read().back(), "cancelled");
  EXPECT_FALSE(runner->cancel("a"));
}

TEST(BackgroundRunner, RefusesMoreThanItsBoundAndTheSameIdTwice) {
  const auto runner = make_background_runner(2);
  const auto start = [&](std::string id) {
    return runner->start(std::move(id),
                         std::make_unique<ScriptedTask>(std::make_shared<Log>(), kNever));
  };
  ASSERT_TRUE(start("a"));
  EXPECT_EQ(start("a").error().code, ErrorCode::kConflict);
  ASSERT_TRUE(start("b"));
  const auto refused = start("c");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kOverloaded);
  EXPECT_GT(refused.error().retry_after_ms, 0);
  EXPECT_TRUE(runner->cancel("a"));
  EXPECT_TRUE(start("c"));
}

TEST(BackgroundRunner, AThrowingTaskIsAbandonedAndTheOthersGoOn) {
  const auto runner = make_background_runner(4);
  const auto bad = std::make_shared<Log>();
  ASSERT_TRUE(runner->start("bad", std::make_unique<ScriptedTask>(bad, 0)));
  bad->ended.get_future().wait();
  EXPECT_EQ(bad->read(), (Entries{"poll", "crashed"}));
  const auto good = std::make_shared<Log>();
  ASSERT_TRUE(runner->start("good", std::make_unique<ScriptedTask>(good, 1)));
  good->ended.get_future().wait();
}

TEST(BackgroundRunner, StopAbandonsAllAndAWakeAfterItsEndIsHarmless) {
  auto runner = make_background_runner(4);
  const auto log = std::make_shared<Log>();
  ASSERT_TRUE(runner->start("a", std::make_unique<ScriptedTask>(log, kNever)));
  runner->stop();
  EXPECT_EQ(log->read().back(), "shutdown");
  EXPECT_EQ(
      runner->start("b", std::make_unique<ScriptedTask>(std::make_shared<Log>(), 1)).error().code,
      ErrorCode::kCancelled);
  runner.reset();
  log->wake();
}

}  // namespace
}  // namespace diptych
