// A child process writes and reports each accepted step over a pipe, and is killed in the middle:
// every reported step must be there after a reopen, and at most the one it was in the middle of
// besides.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "store/sqlite/testing/open.h"
#include "store/sqlite/testing/temp_folder.h"

namespace diptych::sqlite {
namespace {

constexpr int kStepCountMax = 100'000;

ResponseRow row(std::string status) {
  return {.id = "resp_1",
          .owner = {},
          .previous_id = {},
          .created_ms = 1,
          .status = std::move(status),
          .background = true,
          .body = "{}",
          .input_items = "[]",
          .item_ids = {}};
}

[[noreturn]] void write_until_killed(const Path& file, int report) {
  const auto store = open_or_die(file);
  if (!store->responses().put(row("in_progress"), {})) _exit(1);
  for (std::int64_t i = 0; i < kStepCountMax; ++i) {
    const std::vector<EventRow> batch{
        {.sequence = 2 * i, .type = "a", .body = std::string(300, 'a')},
        {.sequence = 2 * i + 1, .type = "b", .body = std::string(300, 'b')}};
    if (!store->responses().append_events("resp_1", batch)) _exit(2);
    if (::write(report, "+", 1) != 1) _exit(3);
  }
  _exit(0);
}

std::int64_t read_reports(int fd, std::int64_t count_wanted) {  // -1: until the end
  std::array<char, 256> buffer{};
  std::int64_t count = 0;
  while (count_wanted < 0 || count < count_wanted) {
    const auto got = ::read(fd, buffer.data(), buffer.size());
    if (got <= 0) break;
    count += got;
  }
  return count;
}

class KillTest : public testing::TestWithParam<int> {};  // kill after so many steps

TEST_P(KillTest, EveryReportedStepIsThereAndNoneTwice) {
  const TempFolder folder;
  const auto file = folder.file("diptych.db");
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::close(pipe[0]);
    write_until_killed(file, pipe[1]);
  }
  ::close(pipe[1]);
  std::int64_t reported = read_reports(pipe[0], GetParam());
  ::kill(child, SIGKILL);
  reported += read_reports(pipe[0], -1);
  ::close(pipe[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with " << WEXITSTATUS(status);

  const auto store = open_or_die(file);
  const auto events = store->responses().events_after("resp_1", -1, 2 * kStepCountMax);
  ASSERT_TRUE(events);
  const std::int64_t stored = std::ssize(*events);
  EXPECT_GE(stored, 2 * reported);
  EXPECT_LE(stored, 2 * reported + 2);
  EXPECT_EQ(stored % 2, 0) << "half a batch survived";
  for (std::int64_t i = 0; i < stored; ++i)
    EXPECT_EQ((*events)[static_cast<std::size_t>(i)].sequence, i);
  EXPECT_EQ(store->responses().unfinished()->size(), 1u);
  EXPECT_TRUE(store->responses().append_events(
      "resp_1", {{.sequence = stored, .type = "c", .body = "next"}}));
}

INSTANTIATE_TEST_SUITE_P(Moments, KillTest, testing::Values(1, 7, 50, 400));

}  // namespace
}  // namespace diptych::sqlite
