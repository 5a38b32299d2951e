#include "text/scheduler/fair_queue.h"

#include <gtest/gtest.h>

#include <map>

namespace diptych {
namespace {

using namespace std::chrono_literals;

TicketPtr ticket(std::string owner, int cost, Priority priority = Priority::kNormal) {
  GenerationRequest request;
  request.prompt.resize(1);
  request.token_count_max = cost - 1;
  request.owner = std::move(owner);
  request.priority = priority;
  return std::make_shared<Ticket>(std::move(request), Monotonic());
}

std::string serve(FairQueue& queue) {
  const Ticket* next = queue.next([](const Ticket&) { return true; });
  return next == nullptr ? "nobody" : queue.pop()->request.owner;
}

TEST(FairQueue, IsFirstComeFirstServedForOneOwner) {
  FairQueue queue(1h);
  std::vector<TicketPtr> pushed;
  for (int i = 0; i < 5; ++i) queue.push(pushed.emplace_back(ticket("a", 10 + i)), Monotonic());
  EXPECT_EQ(queue.size(), 5);
  EXPECT_EQ(queue.cost(), 60);
  for (int i = 0; i < 5; ++i) {
    ASSERT_NE(queue.next([](const Ticket&) { return true; }), nullptr);
    EXPECT_EQ(queue.pop(), pushed[static_cast<std::size_t>(i)]);
  }
  EXPECT_EQ(queue.cost(), 0);
  EXPECT_EQ(serve(queue), "nobody");
}

TEST(FairQueue, ALateOwnerGoesBeforeAFlood) {
  FairQueue queue(1h);
  for (int i = 0; i < 50; ++i) queue.push(ticket("flood", 100), Monotonic());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(serve(queue), "flood");
  queue.push(ticket("late", 2000), Monotonic());
  int before = 0;
  while (serve(queue) != "late") ++before;
  EXPECT_LE(before, 1) << "however expensive the late one is";
}

TEST(FairQueue, SharesTokensNotRequests) {
  FairQueue queue(1h);
  const std::map<std::string, int> costs{{"small", 50}, {"middle", 200}, {"large", 1000}};
  for (const auto& [owner, cost] : costs)
    for (int i = 0; i < 20'000 / cost; ++i) queue.push(ticket(owner, cost), Monotonic());
  std::map<std::string, double> served;
  double total = 0;
  while (total < 30'000) {
    const std::string owner = serve(queue);
    served[owner] += costs.at(owner);
    total += costs.at(owner);
  }
  double sum = 0, squares = 0;
  for (const auto& [owner, tokens] : served) {
    sum += tokens;
    squares += tokens * tokens;
  }
  EXPECT_GE(sum * sum / (3 * squares), 0.95) << "Jain's index over owners";
}

TEST(FairQueue, PriorityIsStrictAndAgingEndsStarvation) {
  FairQueue queue(10s);
  Monotonic now{};
  queue.push(ticket("batch", 10, Priority::kBatch), now);
  queue.push(ticket("high", 10, Priority::kHigh), now);
  EXPECT_EQ(serve(queue), "high");
  bool served = false;
  for (int second = 0; second < 40 && !served; ++second, now += 1s) {
    queue.push(ticket("high", 10, Priority::kHigh), now);
    queue.age(now);
    served = serve(queue) == "batch";
    EXPECT_FALSE(served && second < 30) << "three ranks to rise";
  }
  EXPECT_TRUE(served);
}

TEST(FairQueue, SkipsOwnersThatMayNotBeServedNow) {
  FairQueue queue(1h);
  queue.push(ticket("a", 10), Monotonic());
  queue.push(ticket("b", 10), Monotonic());
  const Ticket* next = queue.next([](const Ticket& t) { return t.request.owner == "b"; });
  ASSERT_NE(next, nullptr);
  EXPECT_EQ(queue.pop()->request.owner, "b");
  EXPECT_EQ(queue.next([](const Ticket&) { return false; }), nullptr);
}

TEST(FairQueue, RemoveIfTakesThemOutOfTheSums) {
  FairQueue queue(1h);
  for (int i = 0; i < 6; ++i) queue.push(ticket(i % 2 == 0 ? "a" : "b", 10), Monotonic());
  queue.remove_if([](Ticket& t) { return t.request.owner == "a"; });
  EXPECT_EQ(queue.size(), 3);
  EXPECT_EQ(queue.cost(), 30);
  EXPECT_EQ(serve(queue), "b");
}

}  // namespace
}  // namespace diptych
