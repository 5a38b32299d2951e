// Fails the n-th write, sync or truncate for n = 1, 2, … until a whole scenario passes without
// meeting the fault. After each run the file is opened without faults: what was answered as done is
// there once, what was refused is not there.

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/testing/fault_vfs.h"
#include "store/sqlite/testing/open.h"
#include "store/sqlite/testing/temp_folder.h"

namespace diptych::sqlite {
namespace {

constexpr int kFaultCountMax = 2000;  // ends a loop that would never pass

struct Expected {      // what the caller was told
  std::string status;  // "" : the row was never accepted
  std::int64_t event_count = 0;
};

ResponseRow row(int number) {
  return {.id = "resp_" + std::to_string(number),
          .owner = "key_a",
          .previous_id = {},
          .created_ms = number,
          .status = "in_progress",
          .background = true,
          .body = std::string(3000, 'x'),  // several pages a transaction
          .input_items = "[]",
          .item_ids = {}};
}

EventRow event(std::int64_t sequence) {
  return {.sequence = sequence, .type = "t", .body = std::string(500, 'y')};
}

void expect_io_error(const Status& status) {
  if (status) return;
  EXPECT_EQ(status.error().code, ErrorCode::kIo) << status.error().message;
  EXPECT_FALSE(status.error().message.empty());
}

// A caller's life with retries: every step that is refused is tried once more.
Expected run_one(ResponseStore& responses, int number) {
  Expected expected;
  const auto twice = [](auto&& attempt) {
    auto status = attempt();
    expect_io_error(status);
    if (status) return true;
    status = attempt();
    expect_io_error(status);
    return status.has_value();
  };
  const ResponseRow started = row(number);
  if (!twice([&] { return responses.put(started, {event(0)}); })) return expected;
  expected = {.status = "in_progress", .event_count = 1};
  for (std::int64_t sequence = 1; sequence < 8; sequence += 2) {
    const bool kept = twice([&] {
      return responses.append_events(
          started.id, {event(expected.event_count), event(expected.event_count + 1)});
    });
    if (kept) expected.event_count += 2;
  }
  const ResponseUpdate end{.id = started.id,
                           .status = "completed",
                           .body = "{}",
                           .events = {event(expected.event_count)},
                           .item_ids = {}};
  if (twice([&] { return responses.update(end); })) {
    expected.status = "completed";
    ++expected.event_count;
  }
  return expected;
}

void expect_stored(const StoreOptions& options, const std::vector<Expected>& expected) {
  const auto opened = open_store(options, system_clock());
  ASSERT_TRUE(opened) << opened.error().message;
  const auto& store = *opened;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const std::string id = row(static_cast<int>(i)).id;
    const auto stored = store->responses().get(id, "key_a");
    ASSERT_EQ(stored.has_value(), !expected[i].status.empty()) << id;
    if (!stored) continue;
    EXPECT_EQ(stored->status, expected[i].status) << id;
    const auto events = store->responses().events_after(id, -1, 1000);
    ASSERT_EQ(std::ssize(*events), expected[i].event_count) << id;
    for (std::int64_t n = 0; n < expected[i].event_count; ++n) {
      EXPECT_EQ((*events)[static_cast<std::size_t>(n)].sequence, n) << id;
    }
  }
}

using Fault = std::tuple<FaultKind, FaultLength>;
class FaultLoop : public testing::TestWithParam<Fault> {};

TEST_P(FaultLoop, NoRowIsLostOrDoubledWhicheverWriteFails) {
  const auto [kind, length] = GetParam();
  int n = 1;
  for (;; ++n) {
    ASSERT_LT(n, kFaultCountMax);
    const TempFolder folder;
    const auto file = folder.file("diptych.db");
    FaultVfs faults;
    std::vector<Expected> expected;
    {
      auto store = open_store({.file = file.string(), .vfs = faults.name()}, system_clock());
      ASSERT_TRUE(store) << store.error().message;
      faults.arm(n, kind, length);
      for (int i = 0; i < 4; ++i) expected.push_back(run_one((*store)->responses(), i));
    }  // closing meets the fault too: the log stays, and is read by the next open
    const bool fired = faults.fired();
    faults.arm(0, kind, length);
    ASSERT_NO_FATAL_FAILURE(expect_stored({.file = file.string(), .vfs = faults.name()}, expected))
        << "fault at change " << n;
    if (!fired) break;
    if (length == FaultLength::kFromThenOn && n > 60) break;  // every later n repeats the same end
  }
  EXPECT_GT(n, 50) << "the scenario wrote less than it should: the loop proved nothing";
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, FaultLoop,
    testing::Combine(testing::Values(FaultKind::kIoError, FaultKind::kDiskFull),
                     testing::Values(FaultLength::kOnce, FaultLength::kFromThenOn)));

TEST(FaultAtOpen, IsAnIoErrorAndTheNextOpenWorks) {
  int n = 1;
  for (;; ++n) {
    ASSERT_LT(n, kFaultCountMax);
    const TempFolder folder;
    const auto file = folder.file("diptych.db");
    FaultVfs faults;
    faults.arm(n, FaultKind::kIoError, FaultLength::kOnce);
    {
      const auto store = open_store({.file = file.string(), .vfs = faults.name()}, system_clock());
      if (!store) {
        EXPECT_EQ(store.error().code, ErrorCode::kIo) << store.error().message;
      }
    }
    const bool fired = faults.fired();
    EXPECT_TRUE(open_or_die(file)->responses().put(row(1), {}));
    if (!fired) break;
  }
  EXPECT_GT(n, 10);
}

}  // namespace
}  // namespace diptych::sqlite
