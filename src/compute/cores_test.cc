#include "compute/cores.h"

#include <gtest/gtest.h>

namespace diptych {
namespace {

// A machine whose other processes use a scripted number of cores while we use all of ours.
struct Machine {
  ManualClock clock;
  CpuTimes times{1, 5};
  std::unique_ptr<CoreArbiter> arbiter;

  explicit Machine(int cores) {
    arbiter = make_core_arbiter(cores, clock, [this] { return times; });
  }

  int after(double foreign_cores, std::chrono::milliseconds span = std::chrono::milliseconds(100)) {
    const double seconds = std::chrono::duration<double>(span).count();
    clock.advance(span);
    times.own += seconds * 2;
    times.machine += seconds * (2 + foreign_cores);
    return arbiter->threads_for_step();
  }
};

TEST(CoreArbiter, UsesAllCoresOfAQuietMachine) {
  Machine machine(2);
  EXPECT_EQ(machine.arbiter->threads_for_step(), 2);
  EXPECT_EQ(machine.after(0.1), 2);
  EXPECT_DOUBLE_EQ(machine.arbiter->last_reading().starved, 0);
}

TEST(CoreArbiter, StepsDownAtTheFirstLookThatShowsANeighbour) {
  Machine machine(2);
  machine.arbiter->threads_for_step();
  EXPECT_EQ(machine.after(1.0), 1);
  EXPECT_NEAR(machine.arbiter->last_reading().foreign_cores, 1.0, 1e-9);
}

TEST(CoreArbiter, GivesOneThreadAwayForEachForeignCoreButKeepsOne) {
  for (const auto& [foreign, threads] : {std::pair{0.2, 8}, {1.0, 7}, {3.0, 5}, {40.0, 1}}) {
    Machine machine(8);
    machine.arbiter->threads_for_step();
    EXPECT_EQ(machine.after(foreign), threads) << foreign;
  }
}

TEST(CoreArbiter, ComesBackOnlyAfterThreeQuietLooks) {
  Machine machine(2);
  machine.arbiter->threads_for_step();
  machine.after(1.3);
  EXPECT_EQ(machine.after(0), 1);
  EXPECT_EQ(machine.after(0), 1);
  EXPECT_EQ(machine.after(0), 2);
}

TEST(CoreArbiter, ANoisyLookRestartsTheWait) {
  Machine machine(2);
  machine.arbiter->threads_for_step();
  machine.after(1.3);
  machine.after(0);
  machine.after(0);
  EXPECT_EQ(machine.after(0.9), 1);
  EXPECT_EQ(machine.after(0), 1);
}

TEST(CoreArbiter, LooksAtMostEveryTenthOfASecond) {
  Machine machine(2);
  machine.arbiter->threads_for_step();
  EXPECT_EQ(machine.after(1.5, std::chrono::milliseconds(40)), 2);
  EXPECT_EQ(machine.after(1.5, std::chrono::milliseconds(70)), 1);
}

TEST(CoreArbiter, StaysAtAllCoresWhereTheMachineCannotBeRead) {
  ManualClock clock;
  const auto arbiter = make_core_arbiter(4, clock, [] { return CpuTimes{0, -1}; });
  arbiter->threads_for_step();
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(arbiter->threads_for_step(), 4);
}

}  // namespace
}  // namespace diptych
