#include "base/folder_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rng.h"

namespace diptych {
namespace {

using ::testing::HasSubstr;

class FolderLockTest : public testing::Test {
 protected:
  FolderLockTest() { std::filesystem::create_directories(folder_); }
  ~FolderLockTest() override { std::filesystem::remove_all(folder_); }
  Result<FolderLock> take() const { return FolderLock::take(folder_, "a.lock"); }

  const Path folder_ = std::filesystem::temp_directory_path() / random_id("diptych-lock-test-");
};

TEST_F(FolderLockTest, ASecondHolderIsRefusedWithFolderAndProcess) {
  const auto first = take();
  ASSERT_TRUE(first) << first.error().message;
  const auto second = take();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
  EXPECT_THAT(second.error().message, HasSubstr(folder_.string()));
  EXPECT_THAT(second.error().message, HasSubstr("process " + std::to_string(getpid())));
}

TEST_F(FolderLockTest, ItIsFreeAgainWhenItsHolderGoes) {
  {
    const auto first = take();
  }
  auto second = take();
  ASSERT_TRUE(second);
  const auto moved = std::move(second);
  EXPECT_FALSE(take());
  EXPECT_TRUE(FolderLock::take(folder_, "b.lock"));
}

TEST_F(FolderLockTest, AKilledHolderLeavesItFree) {
  int report[2];
  ASSERT_EQ(pipe(report), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto held = take();
    if (!held || ::write(report[1], "+", 1) != 1) _exit(1);
    while (true) pause();
  }
  char held = 0;
  ASSERT_EQ(::read(report[0], &held, 1), 1);
  const auto refused = take();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("process " + std::to_string(child)));
  ASSERT_EQ(kill(child, SIGKILL), 0);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(take());
  ::close(report[0]);
  ::close(report[1]);
}

TEST_F(FolderLockTest, AFolderThatCannotBeWrittenSaysWhy) {
  const auto refused = FolderLock::take(folder_ / "none", "a.lock");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kIo);
  EXPECT_THAT(refused.error().message, HasSubstr("No such file"));
}

}  // namespace
}  // namespace diptych
