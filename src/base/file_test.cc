#include "base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>

#include "base/file_calls.h"
#include "base/rng.h"

namespace diptych {
namespace {

using ::testing::HasSubstr;

class FileTest : public testing::Test {
 protected:
  FileTest() { std::filesystem::create_directories(folder_); }
  ~FileTest() override { std::filesystem::remove_all(folder_); }

  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      found.push_back(entry.path().filename());
    }
    return found;
  }

  const Path folder_ = std::filesystem::temp_directory_path() / random_id("diptych-file-test-");
};

// Fails the n-th call with ENOSPC and counts all of them.
class FailingCalls final : public FileCalls {
 public:
  explicit FailingCalls(int failing) : failing_(failing) {}
  int open(const char* path, int flags) override {
    return fails() ? -1 : FileCalls::open(path, flags);
  }
  std::ptrdiff_t write(int file, const void* bytes, std::size_t size) override {
    // One byte at a time, as a full disk or a signal may have it.
    return fails() ? -1 : FileCalls::write(file, bytes, std::min<std::size_t>(size, 1));
  }
  int fsync(int file) override { return fails() ? -1 : FileCalls::fsync(file); }
  int close(int file) override {
    const int result = FileCalls::close(file);
    return fails() ? -1 : result;
  }
  int rename(const char* from, const char* to) override {
    return fails() ? -1 : FileCalls::rename(from, to);
  }
  int count() const { return count_; }

 private:
  bool fails() {
    errno = ENOSPC;
    return ++count_ == failing_;
  }
  int failing_;
  int count_ = 0;
};

TEST_F(FileTest, ReadsBackWhatWasWritten) {
  const Path path = folder_ / "a";
  ASSERT_TRUE(write_file_atomically(path, "one"));
  ASSERT_TRUE(write_file_atomically(path, "two!"));
  EXPECT_EQ(*read_file(path, 100), "two!");
  EXPECT_EQ(*size_of_file(path), 4U);
  EXPECT_EQ(names(), std::vector<std::string>{"a"});
}

TEST_F(FileTest, AFailedCallLeavesTheOldFileAndNoRubbish) {
  const Path path = folder_ / "a";
  ASSERT_TRUE(write_file_atomically(path, "old"));
  for (int failing = 1;; ++failing) {
    FailingCalls calls(failing);
    const Status status = write_file_atomically(calls, path, "new");
    const std::string content = *read_file(path, 100);
    EXPECT_EQ(names(), std::vector<std::string>{"a"}) << failing;
    if (calls.count() < failing) {
      EXPECT_TRUE(status);
      EXPECT_EQ(content, "new");
      EXPECT_EQ(failing,
                11);  // open, 3 writes, fsync, close, rename; then the folder: open, fsync, close
      break;
    }
    EXPECT_TRUE(content == "old" || content == "new") << failing;
    if (failing <= 7) {
      ASSERT_FALSE(status) << failing;
      EXPECT_EQ(content, "old") << failing;
      EXPECT_EQ(status.error().code, ErrorCode::kIo);
      EXPECT_THAT(status.error().message, HasSubstr("No space left"));
    }
  }
}

TEST_F(FileTest, SaysWhatCannotBeRead) {
  EXPECT_EQ(read_file(folder_ / "missing", 10).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(size_of_file(folder_ / "missing").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(MappedFile::open(folder_ / "missing").error().code, ErrorCode::kNotFound);
  EXPECT_THAT(read_file(folder_, 10).error().message, HasSubstr("not a regular file"));
  ASSERT_TRUE(write_file_atomically(folder_ / "big", "12345"));
  EXPECT_THAT(read_file(folder_ / "big", 4).error().message, HasSubstr("5 bytes; the limit is 4"));
}

TEST_F(FileTest, MakesFoldersUnlessAFileIsInTheWay) {
  EXPECT_TRUE(make_directories(folder_ / "a/b/c"));
  EXPECT_TRUE(make_directories(folder_ / "a/b/c"));
  ASSERT_TRUE(write_file_atomically(folder_ / "file", ""));
  EXPECT_EQ(make_directories(folder_ / "file").error().code, ErrorCode::kIo);
  EXPECT_EQ(make_directories(folder_ / "file/below").error().code, ErrorCode::kIo);
}

TEST_F(FileTest, HashesAFileWithProgress) {
  const Path path = folder_ / "a";
  ASSERT_TRUE(write_file_atomically(path, std::string(std::size_t{20} << 20, 'x')));
  std::vector<std::uint64_t> seen;
  const auto hash = sha256_of_file(path, [&](std::uint64_t done, std::uint64_t all) {
    EXPECT_EQ(all, std::uint64_t{20} << 20);
    seen.push_back(done >> 20);
  });
  ASSERT_TRUE(hash);
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{8, 16, 20}));
  ASSERT_TRUE(write_file_atomically(path, "abc"));
  EXPECT_EQ(*sha256_of_file(path),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_F(FileTest, MapsFilesAndMovesTheMapping) {
  const Path path = folder_ / "a";
  ASSERT_TRUE(write_file_atomically(path, "abc"));
  auto mapped = MappedFile::open(path);
  ASSERT_TRUE(mapped);
  MappedFile moved = std::move(*mapped);
  ASSERT_EQ(moved.bytes().size(), 3U);
  EXPECT_EQ(moved.bytes()[2], std::byte{'c'});
  ASSERT_TRUE(write_file_atomically(path, ""));
  EXPECT_TRUE(MappedFile::open(path)->bytes().empty());
}

TEST_F(FileTest, ReleasedPagesComeBack) {
  const Path path = folder_ / "a";
  ASSERT_TRUE(write_file_atomically(path, std::string(20000, 'x')));
  const auto mapped = MappedFile::open(path);
  ASSERT_TRUE(mapped);
  EXPECT_EQ(mapped->bytes()[9000], std::byte{'x'});
  mapped->release(mapped->bytes().subspan(5000, 10000));
  mapped->release({});
  EXPECT_EQ(mapped->bytes()[9000], std::byte{'x'});
}

TEST_F(FileTest, WritesInPiecesAndLeavesNothingWithoutACommit) {
  const Path path = folder_ / "a";
  {
    auto file = AtomicFile::create(path);
    ASSERT_TRUE(file);
    EXPECT_TRUE(file->append("half"));
  }
  EXPECT_TRUE(names().empty());
  auto file = AtomicFile::create(path);
  AtomicFile moved = std::move(*file);
  EXPECT_TRUE(moved.append("one "));
  EXPECT_TRUE(moved.append("two"));
  EXPECT_TRUE(moved.commit());
  EXPECT_EQ(*read_file(path, 100), "one two");
  EXPECT_EQ(names(), std::vector<std::string>{"a"});
  EXPECT_EQ(AtomicFile::create(folder_ / "missing/a").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace diptych
