#include "http/mailbox.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace diptych {
namespace {

TEST(Mailbox, DeliversInOrderAndSchedulesOnce) {
  int scheduled = 0;
  Mailbox mailbox([&] { ++scheduled; });
  std::vector<int> seen;
  for (int i = 0; i < 3; ++i) mailbox.post([&seen, i] { seen.push_back(i); });
  EXPECT_EQ(scheduled, 1);
  mailbox.deliver();
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2}));
  mailbox.post([&seen] { seen.push_back(3); });
  EXPECT_EQ(scheduled, 2);
}

TEST(Mailbox, ManyTasksTakeSeveralTurns) {
  int scheduled = 0, ran = 0;
  Mailbox mailbox([&] { ++scheduled; });
  for (int i = 0; i < 1000; ++i) mailbox.post([&] { ++ran; });
  mailbox.deliver();
  EXPECT_GT(ran, 0);
  EXPECT_LT(ran, 1000) << "sockets get their turn in between";
  int turns = 1;
  for (; ran < 1000 && turns < 1000; ++turns) mailbox.deliver();
  EXPECT_EQ(scheduled, turns);
}

TEST(Mailbox, ATaskMayPost) {
  Mailbox mailbox([] {});
  bool ran = false;
  mailbox.post([&] { mailbox.post([&] { ran = true; }); });
  mailbox.deliver();
  mailbox.deliver();
  EXPECT_TRUE(ran);
}

TEST(Mailbox, ClosedItDropsTasksUnrunAndTheirStateWithThem) {
  Mailbox mailbox([] {});
  auto state = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = state;
  bool ran = false;
  mailbox.post([&ran, held = std::move(state)] { ran = true; });
  mailbox.close();
  EXPECT_TRUE(watch.expired());
  mailbox.post([&ran] { ran = true; });
  mailbox.deliver();
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace diptych
