#include "compute/cores.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <vector>

namespace diptych {
namespace {

// A machine whose other processes use a scripted number of cores, and where our threads wait a
// scripted share of the time.
struct Machine {
  ManualClock clock;
  CpuTimes times{1, 5, 3, 0};
  std::unique_ptr<CoreArbiter> arbiter;
  double niced_cores = 0, own_cores = 2;

  explicit Machine(int cores) {
    clock.advance(std::chrono::hours(1));
    arbiter = make_core_arbiter(cores, clock, [this] { return times; });
    arbiter->threads_for_step();
  }

  int after(double foreign_cores, double waiting = 0,
            std::chrono::milliseconds span = std::chrono::milliseconds(100)) {
    const double seconds = std::chrono::duration<double>(span).count();
    clock.advance(span);
    times.own += seconds * own_cores;
    times.machine += seconds * (own_cores + foreign_cores);
    times.niced += seconds * niced_cores;
    times.waited += seconds * waiting;
    return arbiter->threads_for_step();
  }
  int quiet_looks(int count) {
    int threads = 0;
    for (int i = 0; i < count; ++i) threads = after(0);
    return threads;
  }
};

TEST(CoreArbiter, UsesAllCoresOfAQuietMachine) {
  Machine machine(2);
  EXPECT_EQ(machine.after(0.1, 0.05), 2);
}

TEST(CoreArbiter, StepsDownAtTheFirstLookThatShowsANeighbour) {
  Machine machine(2);
  EXPECT_EQ(machine.after(1.0), 1);
  EXPECT_NEAR(machine.arbiter->last_reading().foreign_cores, 1.0, 1e-9);
}

TEST(CoreArbiter, StepsDownWhenItsThreadsWaitForACore) {
  Machine machine(2);
  machine.niced_cores = 1;
  EXPECT_EQ(machine.after(0, 0.5), 1);
}

TEST(CoreArbiter, WaitingForItselfIsNoReasonToStepDown) {
  Machine machine(2);
  EXPECT_EQ(machine.after(0.1, 0.7), 2);
}

TEST(CoreArbiter, GivesOneThreadAwayForEachForeignCoreButKeepsOne) {
  for (const auto& [foreign, threads] : {std::pair{0.2, 8}, {1.0, 7}, {3.0, 5}, {40.0, 1}}) {
    Machine machine(8);
    EXPECT_EQ(machine.after(foreign), threads) << foreign;
  }
}

TEST(CoreArbiter, ComesBackAfterASecondOfQuiet) {
  Machine machine(2);
  machine.after(1.3);
  EXPECT_EQ(machine.quiet_looks(9), 1);
  EXPECT_EQ(machine.quiet_looks(2), 2);
}

TEST(CoreArbiter, ANoisyLookRestartsTheWait) {
  Machine machine(2);
  machine.after(1.3);
  machine.quiet_looks(9);
  EXPECT_EQ(machine.after(0.9), 1);
  EXPECT_EQ(machine.quiet_looks(2), 1);
  EXPECT_EQ(machine.quiet_looks(1), 2);
}

TEST(CoreArbiter, TriesNicedNeighboursLessAndLessOften) {
  Machine machine(2);
  machine.niced_cores = 1;
  machine.after(0, 1.0);  // they are not seen as foreign, only felt
  std::vector<int> looks_between_tries;
  for (int tries = 0, looks = 0; tries < 6 && looks < 1000; ++looks) {
    if (machine.after(0, 0) == 2) {
      EXPECT_EQ(machine.after(0, 1.0), 1);
      looks_between_tries.push_back(looks);
      looks = 0;
      ++tries;
    }
  }
  ASSERT_EQ(looks_between_tries.size(), 6U);
  EXPECT_LE(looks_between_tries[0], 11);
  EXPECT_GE(looks_between_tries[1], 18);
  EXPECT_GE(looks_between_tries[2], 38);
  EXPECT_LE(looks_between_tries[5], 161);
}

TEST(CoreArbiter, LooksAtMostEveryTenthOfASecond) {
  Machine machine(2);
  EXPECT_EQ(machine.after(1.5, 0, std::chrono::milliseconds(40)), 2);
  EXPECT_EQ(machine.after(1.5, 0, std::chrono::milliseconds(70)), 1);
}

TEST(CoreArbiter, AfterAPauseOnlyTheNeighboursCount) {
  Machine machine(2);
  machine.own_cores = 0.01;
  machine.niced_cores = 1;
  EXPECT_EQ(machine.after(0.1, 1.0, std::chrono::milliseconds(5000)), 2);
  EXPECT_EQ(machine.after(1.5, 0, std::chrono::milliseconds(5000)), 1);
}

TEST(CoreArbiter, AStepOfSecondsAmongNeighboursIsNoPause) {
  Machine machine(2);
  machine.own_cores = 0.7;
  EXPECT_EQ(machine.after(1.3, 0.7, std::chrono::milliseconds(2800)), 1);
}

TEST(CoreArbiter, StaysAtAllCoresWhereTheMachineCannotBeRead) {
  ManualClock clock;
  const auto arbiter = make_core_arbiter(4, clock, [] { return CpuTimes{0, -1, 0, 0}; });
  arbiter->threads_for_step();
  clock.advance(std::chrono::milliseconds(500));
  EXPECT_EQ(arbiter->threads_for_step(), 4);
}

TEST(MachineLoad, ReadsThisProcess) {
  CpuTimesReader reader;
  const CpuTimes before = reader();
  volatile double sink = 0;
  for (int i = 0; i < 20'000'000; ++i) sink = sink + i;
  const CpuTimes after = reader();
  EXPECT_GT(after.own, before.own);
  EXPECT_GE(after.machine, before.machine);
  EXPECT_GE(after.waited, before.waited);
  EXPECT_GE(usable_core_count(), 1);
}

TEST(MachineLoad, FeelsMoreBusyThreadsThanCores) {
  const int cores = usable_core_count();
  CpuTimesReader reader;
  std::vector<std::jthread> spinners;
  for (int i = 0; i < 2 * cores; ++i) {
    spinners.emplace_back([](std::stop_token stop) {
      volatile int sink = 0;
      while (!stop.stop_requested()) sink = sink + 1;
    });
  }
  reader();
  const auto start = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - start < std::chrono::milliseconds(200)) {
  }
  const double first = reader().waited;
  EXPECT_GT(first, 0.05);  // twice as many threads as cores for 0.2 s
}

}  // namespace
}  // namespace diptych
