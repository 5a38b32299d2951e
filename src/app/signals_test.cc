#include "app/signals.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <latch>

namespace diptych {
namespace {

TEST(ShutdownWatcher, DrainsOnTheFirstSignalAndStopsOnTheSecond) {
  const auto signals = SignalSource::open();
  ASSERT_TRUE(signals);
  std::latch drained(1), stopped(1);
  const auto watcher = ShutdownWatcher::start(**signals, {.drain = [&] { drained.count_down(); },
                                                          .stop_now = [&] { stopped.count_down(); },
                                                          .drain_wait = std::chrono::minutes(1)});
  ASSERT_TRUE(watcher);
  kill(getpid(), SIGTERM);
  drained.wait();
  EXPECT_FALSE(stopped.try_wait());
  kill(getpid(), SIGINT);
  stopped.wait();
}

TEST(ShutdownWatcher, StopsWhenDrainingTakesTooLong) {
  const auto signals = SignalSource::open();
  ASSERT_TRUE(signals);
  std::latch stopped(1);
  const auto watcher =
      ShutdownWatcher::start(**signals, {.drain = [] {},
                                         .stop_now = [&] { stopped.count_down(); },
                                         .drain_wait = std::chrono::milliseconds(1)});
  ASSERT_TRUE(watcher);
  kill(getpid(), SIGTERM);
  stopped.wait();
}

TEST(ShutdownWatcher, EndsWithoutASignal) {
  const auto signals = SignalSource::open();
  ASSERT_TRUE(signals);
  bool called = false;
  {
    const auto watcher = ShutdownWatcher::start(
        **signals, {.drain = [&] { called = true; }, .stop_now = [&] { called = true; }});
    ASSERT_TRUE(watcher);
  }
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace diptych
