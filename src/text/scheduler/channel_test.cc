#include "text/scheduler/channel.h"

#include <gtest/gtest.h>

namespace diptych {
namespace {

Delta text_of(int choice, std::string text) {
  Delta delta;
  delta.choice = choice;
  delta.text = std::move(text);
  delta.token_count = 1;
  return delta;
}

TEST(Channel, MergesTheNewsOfAChoiceWhileNobodyReads) {
  Channel channel(2);
  channel.publish(text_of(1, "a"), {});
  channel.publish(text_of(0, "x"), {});
  channel.publish(text_of(1, "b"), {.completion_tokens = 3});
  EXPECT_EQ(channel.bytes_waiting(), 3u);
  const Delta first = **channel.poll();
  EXPECT_EQ(first.choice, 1) << "the oldest news first";
  EXPECT_EQ(first.text, "ab");
  EXPECT_EQ(first.token_count, 2);
  EXPECT_EQ((*channel.poll())->text, "x");
  EXPECT_EQ(*channel.poll(), std::nullopt);
  EXPECT_EQ(channel.bytes_waiting(), 0u);
  EXPECT_EQ(channel.usage().completion_tokens, 3);
  EXPECT_FALSE(channel.done());
}

TEST(Channel, AnErrorComesAfterTheNewsAndOnlyOnce) {
  Channel channel(1);
  channel.publish(text_of(0, "a"), {});
  channel.end(Error{.code = ErrorCode::kTimeout}, {}, {});
  EXPECT_FALSE(channel.done());
  EXPECT_EQ((*channel.poll())->text, "a");
  EXPECT_EQ(channel.poll().error().code, ErrorCode::kTimeout);
  EXPECT_TRUE(channel.done());
  EXPECT_EQ(*channel.poll(), std::nullopt);
}

TEST(Channel, WakesOnceForEveryEmptyPoll) {
  Channel channel(1);
  int wakes = 0;
  channel.on_ready([&] { ++wakes; });
  EXPECT_EQ(wakes, 0);
  channel.publish(text_of(0, "a"), {});
  EXPECT_EQ(wakes, 1);
  channel.publish(text_of(0, "b"), {});
  EXPECT_EQ(wakes, 1) << "not again before a poll found nothing";
  (void)channel.poll();
  channel.publish(text_of(0, "c"), {});
  EXPECT_EQ(wakes, 1);
  (void)channel.poll();
  EXPECT_EQ(*channel.poll(), std::nullopt);
  EXPECT_EQ(*channel.poll(), std::nullopt);
  channel.end(std::nullopt, {}, {});
  EXPECT_EQ(wakes, 2) << "the end is news";
  EXPECT_TRUE(channel.done());
}

TEST(Channel, NewsThatCameBeforeTheFunctionWakesAtOnce) {
  Channel channel(1);
  EXPECT_EQ(*channel.poll(), std::nullopt);
  channel.publish(text_of(0, "a"), {});
  int wakes = 0;
  channel.on_ready([&] { ++wakes; });
  EXPECT_EQ(wakes, 1);
  channel.on_ready([&] { wakes += 100; });
  EXPECT_EQ(wakes, 1) << "a replaced function is not owed a wake that was given";
}

TEST(Channel, ThePollMayRunInsideTheWake) {
  Channel channel(1);
  std::string seen;
  channel.on_ready(
      [&] { seen = (*channel.poll())->text; });  // would deadlock if the wake held the poll's lock
  channel.publish(text_of(0, "a"), {});
  EXPECT_EQ(seen, "a");
}

TEST(Channel, NothingWakesAfterClose) {
  Channel channel(1);
  int wakes = 0;
  channel.on_ready([&] { ++wakes; });
  channel.close();
  channel.publish(text_of(0, "a"), {});
  EXPECT_EQ(wakes, 0);
}

}  // namespace
}  // namespace diptych
