#include "app/model_library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/folder_lock.h"
#include "base/hash.h"
#include "base/rng.h"

namespace diptych {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kGguf("GGUF\3\0\0\0 and the rest", 21);

class ModelLibraryTest : public testing::Test {
 protected:
  ModelLibraryTest() {
    std::filesystem::create_directories(root_);
    EXPECT_TRUE(write_file_atomically(root_ / "default.gguf", kGguf));
    EXPECT_TRUE(write_file_atomically(root_ / "Tiny Llama.Q4_1.gguf", kGguf));
  }
  ~ModelLibraryTest() override { std::filesystem::remove_all(root_); }

  std::vector<std::string> ids() const {
    std::vector<std::string> found;
    const auto entries = library_.list();
    EXPECT_TRUE(entries);
    for (const ModelEntry& entry : *entries) found.push_back(entry.id);
    return found;
  }
  Result<ModelEntry> add(NewModel model) const { return library_.add(model, {}); }

  const Path root_ = std::filesystem::temp_directory_path() / random_id("diptych-library-test-");
  const Path tiny_ = root_ / "Tiny Llama.Q4_1.gguf";
  const ModelLibrary library_{{.default_file = root_ / "default.gguf",
                               .default_id = "the-default",
                               .folder = root_ / "models"}};
};

TEST_F(ModelLibraryTest, ListsTheDefaultFirstAndNeedsNoFolder) {
  EXPECT_THAT(ids(), ElementsAre("the-default"));
  EXPECT_EQ(library_.find("the-default")->size_bytes, kGguf.size());
  const auto missing = library_.find("x");
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().message, HasSubstr("the-default"));
}

TEST_F(ModelLibraryTest, FindsFilesThatWereDroppedIntoTheFolder) {
  ASSERT_TRUE(make_directories(root_ / "models"));
  ASSERT_TRUE(write_file_atomically(root_ / "models/B.gguf", kGguf));
  ASSERT_TRUE(write_file_atomically(root_ / "models/a.gguf", kGguf));
  ASSERT_TRUE(write_file_atomically(root_ / "models/readme.txt", ""));
  EXPECT_THAT(ids(), ElementsAre("the-default", "a", "b"));
}

TEST_F(ModelLibraryTest, AddsByLinkOrCopyAndRemembersIdAndHash) {
  const auto linked = add({.file = tiny_});
  ASSERT_TRUE(linked) << linked.error().message;
  EXPECT_EQ(linked->id, "tiny-llama.q4_1");
  EXPECT_EQ(std::filesystem::hard_link_count(tiny_), 2U);
  const auto copied =
      add({.file = tiny_, .id = "mine", .sha256 = to_hex(sha256(kGguf)), .copy = true});
  ASSERT_TRUE(copied) << copied.error().message;
  EXPECT_EQ(std::filesystem::hard_link_count(tiny_), 2U);
  EXPECT_THAT(ids(), ElementsAre("the-default", "mine", "tiny-llama.q4_1"));
  EXPECT_EQ(**library_.known_sha256("mine"), to_hex(sha256(kGguf)));
  EXPECT_EQ(*library_.known_sha256("the-default"), std::nullopt);
}

TEST_F(ModelLibraryTest, RefusesWhatItCannotKeepAndLeavesNothingBehind) {
  ASSERT_TRUE(write_file_atomically(root_ / "text.gguf", "hello hello"));
  ASSERT_TRUE(write_file_atomically(root_ / "old.gguf", std::string("GGUF\1\0\0\0", 8)));
  ASSERT_TRUE(write_file_atomically(root_ / "short.gguf", "GG"));
  struct Bad {
    NewModel model;
    ErrorCode code;
    std::string_view words;
  };
  const Bad bad[] = {
      {{.file = root_ / "none.gguf"}, ErrorCode::kNotFound, "none.gguf"},
      {{.file = root_}, ErrorCode::kIo, "not a regular file"},
      {{.file = root_ / "text.gguf"}, ErrorCode::kInvalidArgument, "not a GGUF"},
      {{.file = root_ / "short.gguf"}, ErrorCode::kInvalidArgument, "not a GGUF"},
      {{.file = root_ / "old.gguf"}, ErrorCode::kInvalidArgument, "version 2 or 3"},
      {{.file = tiny_, .id = "../x"}, ErrorCode::kInvalidArgument, "model id"},
      {{.file = tiny_, .id = "Big"}, ErrorCode::kInvalidArgument, "model id"},
      {{.file = tiny_, .id = "the-default"}, ErrorCode::kConflict, "taken"},
      {{.file = tiny_, .sha256 = "00"}, ErrorCode::kInvalidArgument, "not 00"},
  };
  for (const Bad& b : bad) {
    const auto added = add(b.model);
    ASSERT_FALSE(added) << b.words;
    EXPECT_EQ(added.error().code, b.code) << added.error().message;
    EXPECT_THAT(added.error().message, HasSubstr(b.words));
  }
  EXPECT_THAT(ids(), ElementsAre("the-default"));
  EXPECT_FALSE(std::filesystem::exists(root_ / "models"));
}

TEST_F(ModelLibraryTest, RemovesItsOwnLinkOnly) {
  ASSERT_TRUE(add({.file = tiny_, .id = "mine"}));
  EXPECT_EQ(add({.file = tiny_, .id = "mine"}).error().code, ErrorCode::kConflict);
  ASSERT_TRUE(library_.remove("mine"));
  EXPECT_TRUE(std::filesystem::exists(tiny_));
  EXPECT_THAT(ids(), ElementsAre("the-default"));
  EXPECT_EQ(library_.remove("mine").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(library_.remove("the-default").error().code, ErrorCode::kConflict);
  EXPECT_TRUE(add({.file = tiny_, .id = "mine"}));
}

TEST_F(ModelLibraryTest, OneChangeAtATime) {
  ASSERT_TRUE(add({.file = tiny_, .id = "mine"}));
  const auto other = FolderLock::take(root_ / "models", "models.lock");
  ASSERT_TRUE(other);
  const auto added = add({.file = tiny_, .id = "second"});
  ASSERT_FALSE(added);
  EXPECT_THAT(added.error().message, HasSubstr("adds or removes a model"));
  EXPECT_EQ(library_.remove("mine").error().code, ErrorCode::kConflict);
  EXPECT_THAT(ids(), ElementsAre("the-default", "mine"));
}

TEST_F(ModelLibraryTest, SaysWhereTheNotesAreBroken) {
  ASSERT_TRUE(make_directories(root_ / "models"));
  for (const std::string_view notes : {"{", "{}", R"({"models":[{"id":1}]})",
                                       R"({"models":[{"id":"a","file":"b","sha256":"c"}]})"}) {
    ASSERT_TRUE(write_file_atomically(root_ / "models/models.json", notes));
    const auto entries = library_.list();
    ASSERT_FALSE(entries) << notes;
    EXPECT_THAT(entries.error().message, HasSubstr("models.json"));
  }
}

}  // namespace
}  // namespace diptych
