#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "store/sqlite/testing/open.h"

namespace diptych::sqlite {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

class AnswerExpiryTest : public testing::Test {
 protected:
  void put_response(std::int64_t created_ms, std::string status = "completed") {
    const ResponseRow row{.id = "resp_" + std::to_string(created_ms),
                          .owner = "key_a",
                          .previous_id = {},
                          .created_ms = created_ms,
                          .status = std::move(status),
                          .background = false,
                          .body = std::string(5000, 'x'),
                          .input_items = "[]",
                          .item_ids = {"msg_" + std::to_string(created_ms)}};
    ASSERT_TRUE(store_->responses().put(row, {{.sequence = 0, .type = "t", .body = "{}"}}));
  }
  void put_completion(std::int64_t created_ms) {
    const CompletionRow row{.id = "chatcmpl-" + std::to_string(created_ms),
                            .owner = "key_a",
                            .model = "m",
                            .created_ms = created_ms,
                            .metadata = {{"a", "b"}},
                            .body = "{}",
                            .messages = "[]"};
    ASSERT_TRUE(store_->completions().put(row));
  }
  bool has_response(std::int64_t number) {
    return store_->responses().get("resp_" + std::to_string(number), "key_a").has_value();
  }
  bool has_completion(std::int64_t number) {
    return store_->completions().get("chatcmpl-" + std::to_string(number), "key_a").has_value();
  }

  std::unique_ptr<SqliteStore> store_ = open_or_die(":memory:");
  AnswerExpiry& expiry_ = store_->expiry();
};

TEST_F(AnswerExpiryTest, ErasesWhatIsOlderWithItsEventsAndItems) {
  for (const std::int64_t ms : {1, 3, 5}) put_response(ms);
  for (const std::int64_t ms : {2, 4, 6}) put_completion(ms);
  EXPECT_EQ(*expiry_.erase_oldest(5, 100), 4);
  EXPECT_FALSE(has_response(1) || has_completion(2) || has_response(3) || has_completion(4));
  EXPECT_TRUE(has_response(5) && has_completion(6));
  EXPECT_TRUE(store_->responses().events_after("resp_1", -1, 10)->empty());
  EXPECT_FALSE(store_->responses().get_by_item("msg_1", "key_a"));
  EXPECT_EQ(*expiry_.erase_oldest(5, 100), 0);
}

TEST_F(AnswerExpiryTest, TheOldestOfBothKindsGoFirst) {
  for (const std::int64_t ms : {1, 4}) put_response(ms);
  for (const std::int64_t ms : {2, 3}) put_completion(ms);
  EXPECT_EQ(*expiry_.erase_oldest(kNever, 3), 3);
  EXPECT_FALSE(has_response(1) || has_completion(2) || has_completion(3));
  EXPECT_TRUE(has_response(4));
}

TEST_F(AnswerExpiryTest, WhatIsStillComputedStays) {
  put_response(1, "in_progress");
  put_response(2, "queued");
  put_response(3, "failed");
  EXPECT_EQ(*expiry_.erase_oldest(kNever, 10), 1);
  EXPECT_TRUE(has_response(1) && has_response(2));
}

TEST_F(AnswerExpiryTest, ErasingMakesTheStoreSmaller) {
  const std::uint64_t empty = *expiry_.used_bytes();
  for (std::int64_t ms = 0; ms < 50; ++ms) put_response(ms);
  const std::uint64_t full = *expiry_.used_bytes();
  EXPECT_GT(full, empty + 50 * 5000);
  ASSERT_EQ(*expiry_.erase_oldest(kNever, 50), 50);
  EXPECT_LT(*expiry_.used_bytes(), empty + 5 * 5000);
}

}  // namespace
}  // namespace diptych::sqlite
