#include "jobs/pictures/file_hashes.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/rng.h"

namespace diptych {
namespace {

// Of "one".
constexpr const char* kOne = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed";

class FileHashesTest : public testing::Test {
 protected:
  FileHashesTest() { std::filesystem::create_directories(folder_); }
  ~FileHashesTest() override { std::filesystem::remove_all(folder_); }
  void write(const std::string& text) const { std::ofstream(file_) << text; }

  const Path folder_ = std::filesystem::temp_directory_path() / random_id("diptych-hashes-");
  const Path file_ = folder_ / "model.safetensors", kept_in_ = folder_ / "hashes.json";
};

TEST_F(FileHashesTest, AHashIsKeptAcrossStartsUntilTheFileChanges) {
  write("one");
  {
    FileHashes hashes(kept_in_);
    EXPECT_FALSE(hashes.known(file_).has_value());
    EXPECT_EQ(hashes.get(file_).value_or(""), kOne);
    EXPECT_EQ(hashes.known(file_).value_or(""), kOne);
  }
  const FileHashes again(kept_in_);
  EXPECT_EQ(again.known(file_).value_or(""), kOne);
  write("two!");
  EXPECT_FALSE(again.known(file_).has_value());
}

TEST_F(FileHashesTest, ALinkIsTheFileItLeadsTo) {
  write("one");
  std::filesystem::create_symlink(file_, folder_ / "link");
  FileHashes hashes(kept_in_);
  EXPECT_EQ(hashes.get(file_).value_or(""), kOne);
  EXPECT_EQ(hashes.known(folder_ / "link").value_or(""), kOne);
}

TEST_F(FileHashesTest, ABrokenOrMissingListIsBegunAnew) {
  write("one");
  std::ofstream(kept_in_) << "{nothing";
  FileHashes hashes(kept_in_);
  EXPECT_FALSE(hashes.known(file_).has_value());
  EXPECT_EQ(hashes.get(file_).value_or(""), kOne);
  EXPECT_EQ(FileHashes(kept_in_).known(file_).value_or(""), kOne);
  FileHashes nowhere(folder_ / "none" / "hashes.json");
  EXPECT_EQ(nowhere.get(file_).value_or(""), kOne);
}

TEST_F(FileHashesTest, AFileThatIsGoneIsAnError) {
  FileHashes hashes(kept_in_);
  EXPECT_EQ(hashes.get(file_).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace diptych
