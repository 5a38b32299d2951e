#include "store/sqlite/response_store.h"

#include <gtest/gtest.h>

#include "store/sqlite/testing/open.h"
#include "store/sqlite/testing/temp_folder.h"

namespace diptych::sqlite {
namespace {

ResponseRow row(std::string id, std::string status = "completed") {
  return {.id = std::move(id),
          .owner = "key_a",
          .previous_id = "resp_0",
          .created_ms = 1,
          .status = std::move(status),
          .background = true,
          .body = R"({"a":"ü"})",
          .input_items = "[]",
          .item_ids = {"msg_in"}};
}

std::vector<EventRow> events(std::int64_t from, std::int64_t to) {
  std::vector<EventRow> made;
  for (auto i = from; i < to; ++i)
    made.push_back({.sequence = i, .type = "t", .body = std::to_string(i)});
  return made;
}

class ResponseStoreTest : public testing::Test {
 protected:
  std::unique_ptr<SqliteStore> store_ = open_or_die(":memory:");
  ResponseStore& responses_ = store_->responses();
};

TEST_F(ResponseStoreTest, GivesBackEveryFieldItWasGiven) {
  ASSERT_TRUE(responses_.put(row("resp_1"), {}));
  const auto got = responses_.get("resp_1", "key_a");
  ASSERT_TRUE(got);
  EXPECT_EQ(got->previous_id, "resp_0");
  EXPECT_EQ(got->created_ms, 1);
  EXPECT_EQ(got->status, "completed");
  EXPECT_TRUE(got->background);
  EXPECT_EQ(got->body, R"({"a":"ü"})");
  EXPECT_EQ(got->input_items, "[]");
}

TEST_F(ResponseStoreTest, AnotherOwnersRowIsNotFoundAndCannotBeReplacedOrErased) {
  ASSERT_TRUE(responses_.put(row("resp_1"), {}));
  EXPECT_EQ(responses_.get("resp_1", "key_b").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(responses_.get("resp_1", "").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(responses_.erase("resp_1", "key_b").error().code, ErrorCode::kNotFound);
  ResponseRow stolen = row("resp_1");
  stolen.owner = "key_b";
  EXPECT_EQ(responses_.put(stolen, {}).error().code, ErrorCode::kConflict);
  EXPECT_TRUE(responses_.get("resp_1", "key_a"));
}

TEST_F(ResponseStoreTest, ReplacingARowKeepsItsEvents) {
  ASSERT_TRUE(responses_.put(row("resp_1", "queued"), events(0, 3)));
  ASSERT_TRUE(responses_.put(row("resp_1", "in_progress"), events(3, 5)));
  EXPECT_EQ(responses_.events_after("resp_1", -1, 100)->size(), 5u);
  EXPECT_EQ(responses_.get("resp_1", "key_a")->status, "in_progress");
}

TEST_F(ResponseStoreTest, EventsComeInOrderFromAnyPointAndInPages) {
  ASSERT_TRUE(responses_.put(row("resp_1"), events(0, 5)));
  ASSERT_TRUE(responses_.append_events("resp_1", events(5, 10)));
  for (std::int64_t after = -1; after < 10; ++after) {
    const auto rest = responses_.events_after("resp_1", after, 3);
    ASSERT_TRUE(rest);
    ASSERT_EQ(std::ssize(*rest), std::min<std::int64_t>(3, 9 - after));
    for (std::int64_t i = 0; i < std::ssize(*rest); ++i) {
      EXPECT_EQ((*rest)[static_cast<std::size_t>(i)].sequence, after + 1 + i);
    }
  }
  EXPECT_EQ(*responses_.next_sequence("resp_1"), 10);
  EXPECT_EQ(*responses_.next_sequence("resp_none"), 0);
}

TEST_F(ResponseStoreTest, ANumberTakenTwiceIsAConflictAndTheWholeBatchIsLeftOut) {
  ASSERT_TRUE(responses_.put(row("resp_1"), events(0, 5)));
  EXPECT_EQ(responses_
                .append_events("resp_1", {{.sequence = 5, .type = "t", .body = "new"},
                                          {.sequence = 4, .type = "t", .body = "again"}})
                .error()
                .code,
            ErrorCode::kConflict);
  EXPECT_EQ(*responses_.next_sequence("resp_1"), 5);
}

TEST_F(ResponseStoreTest, UpdateMovesStateObjectAndEventsTogetherOrNotAtAll) {
  ASSERT_TRUE(responses_.put(row("resp_1", "in_progress"), events(0, 5)));
  EXPECT_FALSE(responses_.update({.id = "resp_1",
                                  .status = "completed",
                                  .body = "{}",
                                  .events = events(4, 6),
                                  .item_ids = {"msg_late"}}));
  EXPECT_EQ(responses_.get("resp_1", "key_a")->status, "in_progress");
  ASSERT_TRUE(responses_.update({.id = "resp_1",
                                 .status = "completed",
                                 .body = "{}",
                                 .events = events(5, 6),
                                 .item_ids = {"msg_out"}}));
  EXPECT_EQ(responses_.get("resp_1", "key_a")->status, "completed");
  EXPECT_EQ(*responses_.next_sequence("resp_1"), 6);
}

TEST_F(ResponseStoreTest, AnErasedRowTakesItsEventsAndRefusesMore) {
  ASSERT_TRUE(responses_.put(row("resp_1", "in_progress"), events(0, 5)));
  ASSERT_TRUE(responses_.erase("resp_1", "key_a"));
  EXPECT_TRUE(responses_.events_after("resp_1", -1, 100)->empty());
  EXPECT_EQ(responses_.append_events("resp_1", events(5, 6)).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(
      responses_.update({.id = "resp_1", .status = "x", .body = "{}", .events = {}, .item_ids = {}})
          .error()
          .code,
      ErrorCode::kNotFound);
  EXPECT_EQ(responses_.erase("resp_1", "key_a").error().code, ErrorCode::kNotFound);
}

TEST_F(ResponseStoreTest, AnItemLeadsToItsResponseForItsOwnerOnly) {
  ASSERT_TRUE(responses_.put(row("resp_1", "in_progress"), {}));
  EXPECT_EQ(responses_.get_by_item("msg_in", "key_a")->id, "resp_1");
  EXPECT_EQ(responses_.get_by_item("msg_in", "key_b").error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(responses_.get_by_item("msg_out", "key_a"));
  ASSERT_TRUE(responses_.update({.id = "resp_1",
                                 .status = "completed",
                                 .body = "{}",
                                 .events = {},
                                 .item_ids = {"msg_in", "msg_out"}}));
  EXPECT_TRUE(responses_.get_by_item("msg_out", "key_a"));
  ASSERT_TRUE(responses_.erase("resp_1", "key_a"));
  EXPECT_FALSE(responses_.get_by_item("msg_in", "key_a"));
}

TEST_F(ResponseStoreTest, UnfinishedListsQueuedAndInProgressOnly) {
  for (const char* status :
       {"queued", "in_progress", "completed", "incomplete", "failed", "cancelled"}) {
    ASSERT_TRUE(responses_.put(row(std::string("resp_") + status, status), {}));
  }
  const auto rows = responses_.unfinished();
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ((*rows)[0].status, "queued");
  EXPECT_EQ((*rows)[1].status, "in_progress");
}

TEST(StoreFile, KeepsRowsOverAReopenAndIsPrivate) {
  const TempFolder folder;
  const auto file = folder.file("diptych.db");
  ASSERT_TRUE(open_or_die(file)->responses().put(row("resp_1"), events(0, 2)));
  const auto store = open_or_die(file);
  EXPECT_TRUE(store->responses().get("resp_1", "key_a"));
  EXPECT_EQ(store->responses().events_after("resp_1", -1, 10)->size(), 2u);
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(file).permissions() & (perms::group_all | perms::others_all),
            perms::none);
}

TEST(StoreFile, AFolderThatDoesNotExistIsAnIoErrorThatNamesTheFile) {
  const TempFolder folder;
  const auto store = make_sqlite_store(folder.file("none") / "diptych.db", system_clock());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kIo);
  EXPECT_NE(store.error().message.find("none/diptych.db"), std::string::npos);
}

}  // namespace
}  // namespace diptych::sqlite
