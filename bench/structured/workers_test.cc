#include "structured/workers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <string>

#include "structured/percentiles.h"
#include "structured/wire.h"

namespace diptych::bench {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(Workers, count_the_tasks_that_kill_their_process_and_go_on) {
  std::map<std::size_t, std::string> answers;
  WorkerPlan plan{.task_count = 6, .process_count = 2, .task_ms_max = 300};
  plan.run = [](std::size_t task) -> std::string {
    if (task == 2) _exit(7);
    if (task == 3) {
      while (true) pause();
    }
    return "answer " + std::to_string(task);
  };
  plan.done = [&](std::size_t task, std::string_view answer) { answers[task] = answer; };
  plan.lost = [&](std::size_t task, WorkerPlan::Loss loss, std::string_view how) {
    answers[task] =
        (loss == WorkerPlan::Loss::kTimeout ? "late: " : "crashed: ") + std::string(how);
  };
  run_in_workers(plan);
  EXPECT_THAT(
      answers,
      ElementsAre(Pair(0, "answer 0"), Pair(1, "answer 1"), Pair(2, "crashed: exit status 7"),
                  Pair(3, "late: more than 300 ms"), Pair(4, "answer 4"), Pair(5, "answer 5")));
}

TEST(Wire, brings_back_what_was_put) {
  WireWriter out;
  out.put(std::uint64_t{7});
  out.put(std::string_view("a\0b", 3));
  out.put(std::vector<std::uint32_t>{1, 2});
  out.put(true);
  WireReader in(out.bytes());
  std::uint64_t number = 0;
  std::string text;
  std::vector<std::uint32_t> words;
  bool flag = false;
  in.get(number);
  in.get(text);
  in.get(words);
  in.get(flag);
  EXPECT_EQ(number, 7U);
  EXPECT_EQ(text, std::string("a\0b", 3));
  EXPECT_THAT(words, ElementsAre(1, 2));
  EXPECT_TRUE(flag);
}

TEST(Samples, take_percentiles_as_maskbench_does) {
  Samples samples;
  for (std::uint64_t us = 100; us >= 1; --us) samples.add(us * 1000);
  samples.sort();
  EXPECT_EQ(samples.us_at(50), 51);
  EXPECT_EQ(samples.us_at(99), 100);
  EXPECT_EQ(samples.us_at(100), 100);
  EXPECT_EQ(samples.mean_us(), 50.5);
  EXPECT_EQ(Samples().us_at(50), 0);
}

}  // namespace
}  // namespace diptych::bench
