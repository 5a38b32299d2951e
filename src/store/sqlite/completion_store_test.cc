#include "store/sqlite/completion_store.h"

#include <gtest/gtest.h>

#include "store/sqlite/testing/open.h"

namespace diptych::sqlite {
namespace {

CompletionRow row(int number, std::string model = "m") {
  return {.id = "chatcmpl-" + std::to_string(number),
          .owner = "key_a",
          .model = std::move(model),
          .created_ms = 1,
          .metadata = {{"parity", number % 2 == 0 ? "even" : "odd"}, {"n", std::to_string(number)}},
          .body = "{}",
          .messages = "[]"};
}

std::vector<std::string> ids(const Result<Listing<CompletionRow>>& listing) {
  std::vector<std::string> out;
  for (const auto& row : listing->rows) out.push_back(row.id.substr(9));
  return out;
}
using Ids = std::vector<std::string>;

class CompletionStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 1; i <= 5; ++i) ASSERT_TRUE(completions_.put(row(i, i == 3 ? "other" : "m")));
  }
  std::unique_ptr<SqliteStore> store_ = open_or_die(":memory:");
  CompletionStore& completions_ = store_->completions();
};

TEST_F(CompletionStoreTest, GivesBackMetadataInOrder) {
  const auto got = completions_.get("chatcmpl-2", "key_a");
  ASSERT_TRUE(got);
  EXPECT_EQ(got->metadata, (decltype(got->metadata){{"parity", "even"}, {"n", "2"}}));
}

TEST_F(CompletionStoreTest, ListsInOrderBothWaysWithPages) {
  EXPECT_EQ(ids(completions_.list("key_a", {}, {})), (Ids{"1", "2", "3", "4", "5"}));
  const auto first = completions_.list("key_a", {}, {.limit = 2, .after = {}, .ascending = false});
  EXPECT_EQ(ids(first), (Ids{"5", "4"}));
  EXPECT_TRUE(first->has_more);
  const auto last =
      completions_.list("key_a", {}, {.limit = 3, .after = "chatcmpl-4", .ascending = false});
  EXPECT_EQ(ids(last), (Ids{"3", "2", "1"}));
  EXPECT_FALSE(last->has_more);
}

TEST_F(CompletionStoreTest, FiltersByModelAndEveryMetadataPair) {
  EXPECT_EQ(ids(completions_.list("key_a", {.model = "other", .metadata = {}}, {})), (Ids{"3"}));
  EXPECT_EQ(ids(completions_.list("key_a", {.model = {}, .metadata = {{"parity", "even"}}}, {})),
            (Ids{"2", "4"}));
  EXPECT_EQ(ids(completions_.list("key_a",
                                  {.model = {}, .metadata = {{"parity", "even"}, {"n", "4"}}}, {})),
            (Ids{"4"}));
}

TEST_F(CompletionStoreTest, AnUnknownAfterIsNotFoundByName) {
  const auto listing =
      completions_.list("key_a", {}, {.limit = 2, .after = "chatcmpl-9", .ascending = true});
  ASSERT_FALSE(listing);
  EXPECT_EQ(listing.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(listing.error().param, "after");
}

TEST_F(CompletionStoreTest, OwnersDoNotSeeEachOther) {
  EXPECT_TRUE(completions_.list("key_b", {}, {})->rows.empty());
  EXPECT_EQ(completions_.get("chatcmpl-1", "key_b").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(completions_.set_metadata("chatcmpl-1", "key_b", {}).error().code,
            ErrorCode::kNotFound);
  EXPECT_EQ(completions_.erase("chatcmpl-1", "key_b").error().code, ErrorCode::kNotFound);
}

TEST_F(CompletionStoreTest, MetadataIsReplacedAsAWholeAndGoesWithItsRow) {
  ASSERT_TRUE(completions_.set_metadata("chatcmpl-1", "key_a", {{"x", "y"}}));
  EXPECT_EQ(completions_.get("chatcmpl-1", "key_a")->metadata,
            (decltype(CompletionRow::metadata){{"x", "y"}}));
  ASSERT_TRUE(completions_.erase("chatcmpl-1", "key_a"));
  EXPECT_TRUE(
      completions_.list("key_a", {.model = {}, .metadata = {{"x", "y"}}}, {})->rows.empty());
}

}  // namespace
}  // namespace diptych::sqlite
