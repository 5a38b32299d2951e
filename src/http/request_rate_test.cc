#include "http/request_rate.h"

#include <gmock/gmock.h>

namespace diptych {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Contains;
using testing::IsEmpty;
using testing::Pair;

TEST(RequestRate, WithoutALimitNothingIsCountedOrSaid) {
  const ManualClock clock;
  RequestRate rate(clock, 0);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(rate.take("k").allowed);
  EXPECT_THAT(rate.take("k").headers, IsEmpty());
}

TEST(RequestRate, RefusesPastTheLimitAndSaysWhenToComeBack) {
  ManualClock clock;
  RequestRate rate(clock, 60);
  EXPECT_THAT(rate.take("k").headers, Contains(Pair("x-ratelimit-remaining-requests", "59")));
  for (int i = 1; i < 60; ++i) EXPECT_TRUE(rate.take("k").allowed) << i;
  const RequestRate::Verdict refused = rate.take("k");
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.retry_after_ms, 1000);
  EXPECT_THAT(refused.headers, Contains(Pair("x-ratelimit-limit-requests", "60")));
  EXPECT_THAT(refused.headers, Contains(Pair("x-ratelimit-remaining-requests", "0")));
  EXPECT_THAT(refused.headers, Contains(Pair("x-ratelimit-reset-requests", "1m0s")));
  EXPECT_TRUE(rate.take("other").allowed) << "keys do not share";
  clock.advance(milliseconds(refused.retry_after_ms));
  EXPECT_TRUE(rate.take("k").allowed) << "the promise holds";
  EXPECT_FALSE(rate.take("k").allowed);
}

TEST(RequestRate, NeverGathersMoreThanAMinute) {
  ManualClock clock;
  RequestRate rate(clock, 2);
  EXPECT_TRUE(rate.take("k").allowed);
  clock.advance(std::chrono::hours(5));
  EXPECT_TRUE(rate.take("k").allowed);
  EXPECT_TRUE(rate.take("k").allowed);
  EXPECT_FALSE(rate.take("k").allowed);
}

TEST(FormatReset, SpeaksLikeTheOfficialApi) {
  EXPECT_EQ(format_reset(milliseconds(0)), "0ms");
  EXPECT_EQ(format_reset(milliseconds(120)), "120ms");
  EXPECT_EQ(format_reset(seconds(1)), "1s");
  EXPECT_EQ(format_reset(seconds(360)), "6m0s");
}

}  // namespace
}  // namespace diptych
