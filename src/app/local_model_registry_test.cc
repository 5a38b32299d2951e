#include "app/local_model_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "api/testing/fake_text.h"
#include "base/rng.h"

namespace diptych {
namespace {

using testing::FakeTextModel;
using ::testing::HasSubstr;

constexpr Duration kLong = std::chrono::seconds(30);
const std::string kGguf("GGUF\3\0\0\0", 8);

// Loads when the test says so.
class ScriptedLoader {
 public:
  ModelLoader loader() {
    return [this](const ModelEntry& entry, const LoadProgress& progress) {
      return load(entry, progress);
    };
  }
  void hold() { held_ = true; }
  void release() { held_ = false; }
  void fail_with(Error error) { error_ = std::move(error); }
  void succeed() { error_.reset(); }
  int count() const { return count_; }

 private:
  Result<std::shared_ptr<TextModel>> load(const ModelEntry& entry, const LoadProgress& progress) {
    ++count_;
    while (held_) {
      if (!progress(0.5F)) return fail(ErrorCode::kCancelled, "cancelled");
      std::this_thread::yield();
    }
    if (error_) return fail(*error_);
    return std::shared_ptr<TextModel>(std::make_shared<FakeTextModel>(entry.id));
  }
  std::atomic<bool> held_ = false;
  std::atomic<int> count_ = 0;
  std::optional<Error> error_;
};

class RegistryTest : public ::testing::Test {
 protected:
  RegistryTest() {
    std::filesystem::create_directories(root_ / "models");
    put("default.gguf");
    put("models/b.gguf");
    put("models/c.gguf");
  }
  ~RegistryTest() override {
    registry_.reset();
    std::filesystem::remove_all(root_);
  }
  void put(const std::string& name) const {
    ASSERT_TRUE(write_file_atomically(root_ / name, kGguf));
  }
  LocalModelRegistry& start(RegistryOptions options = {}) {
    registry_ =
        std::make_unique<LocalModelRegistry>(ModelLibrary({.default_file = root_ / "default.gguf",
                                                           .default_id = "a",
                                                           .folder = root_ / "models"}),
                                             loader_.loader(), options, clock_, *metrics_);
    return *registry_;
  }

  const Path root_ = std::filesystem::temp_directory_path() / random_id("diptych-registry-test-");
  ManualClock clock_;
  std::unique_ptr<Metrics> metrics_ = make_metrics();
  ScriptedLoader loader_;
  std::unique_ptr<LocalModelRegistry> registry_;
};

TEST_F(RegistryTest, ListsWithoutLoading) {
  auto& registry = start();
  ASSERT_EQ(registry.list().size(), 3U);
  EXPECT_EQ(registry.list()[0].id, "a");
  EXPECT_EQ(registry.default_text_model(), "a");
  EXPECT_EQ(registry.find("b")->size_bytes, kGguf.size());
  EXPECT_EQ(registry.find("x").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(loader_.count(), 0);
}

TEST_F(RegistryTest, LoadsOnFirstUseAndOnlyOnce) {
  auto& registry = start();
  const auto first = registry.text_model("a", kLong);
  ASSERT_TRUE(first);
  EXPECT_EQ(*registry.text_model("a", Duration::zero()), *first);
  EXPECT_EQ(loader_.count(), 1);
  EXPECT_TRUE(registry.find("a")->loaded);
  EXPECT_TRUE(registry.list()[0].loaded);
  EXPECT_FALSE(registry.list()[1].loaded);
}

TEST_F(RegistryTest, SaysThatItIsLoadingWhenTheWaitIsOver) {
  loader_.hold();
  auto& registry = start();
  const auto early = registry.text_model("a", Duration::zero());
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, ErrorCode::kOverloaded);
  EXPECT_EQ(early.error().detail, "model_loading");
  EXPECT_GT(early.error().retry_after_ms, 0);
  loader_.release();
  EXPECT_TRUE(registry.text_model("a", kLong));
  EXPECT_EQ(loader_.count(), 1);
}

TEST_F(RegistryTest, PreloadsWithoutWaiting) {
  auto& registry = start();
  registry.preload("b");
  registry.preload("unknown");
  EXPECT_TRUE(registry.text_model("b", kLong));
  EXPECT_EQ(loader_.count(), 1);
}

TEST_F(RegistryTest, RemembersAFailureForAWhile) {
  loader_.fail_with({.code = ErrorCode::kInvalidArgument, .message = "no tensors"});
  auto& registry = start({.retry_after_failure = std::chrono::seconds(30)});
  for (int i = 0; i < 2; ++i) {
    const auto failed = registry.text_model("a", kLong);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(failed.error().message, HasSubstr("\"a\" cannot be loaded: no tensors"));
  }
  EXPECT_EQ(loader_.count(), 1);
  loader_.succeed();
  clock_.advance(std::chrono::seconds(29));
  EXPECT_FALSE(registry.text_model("a", kLong));
  clock_.advance(std::chrono::seconds(1));
  EXPECT_TRUE(registry.text_model("a", kLong));
  EXPECT_EQ(loader_.count(), 2);
}

TEST_F(RegistryTest, ALookIsNotAUse) {
  auto& registry = start({.loaded_max = 2});
  EXPECT_EQ(registry.loaded_text_model("a"), nullptr);
  ASSERT_TRUE(registry.text_model("a", kLong));
  clock_.advance(std::chrono::seconds(1));
  ASSERT_TRUE(registry.text_model("b", kLong));
  clock_.advance(std::chrono::seconds(1));
  EXPECT_NE(registry.loaded_text_model("a"), nullptr);
  ASSERT_TRUE(registry.text_model("c", kLong));
  EXPECT_EQ(registry.loaded_text_model("a"), nullptr);
  EXPECT_NE(registry.loaded_text_model("b"), nullptr);
}

TEST_F(RegistryTest, UnloadsTheModelThatWasUsedLongestAgo) {
  auto& registry = start({.loaded_max = 2});
  ASSERT_TRUE(registry.text_model("a", kLong));
  clock_.advance(std::chrono::seconds(1));
  ASSERT_TRUE(registry.text_model("b", kLong));
  clock_.advance(std::chrono::seconds(1));
  ASSERT_TRUE(registry.text_model("a", kLong));
  ASSERT_TRUE(registry.text_model("c", kLong));
  EXPECT_TRUE(registry.find("a")->loaded);
  EXPECT_FALSE(registry.find("b")->loaded);
  EXPECT_TRUE(registry.find("c")->loaded);
}

TEST_F(RegistryTest, NeverUnloadsAModelInUse) {
  auto& registry = start({.loaded_max = 1});
  auto held = registry.text_model("a", kLong);
  ASSERT_TRUE(held);
  const auto refused = registry.text_model("b", kLong);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kOverloaded);
  EXPECT_GT(refused.error().retry_after_ms, 0);
  EXPECT_THAT(refused.error().message, HasSubstr("in use"));
  held->reset();
  clock_.advance(std::chrono::seconds(1));
  EXPECT_TRUE(registry.text_model("b", kLong));
}

TEST_F(RegistryTest, FindsAModelThatWasAddedWhileItRuns) {
  auto& registry = start();
  EXPECT_EQ(registry.text_model("d", kLong).error().code, ErrorCode::kNotFound);
  put("models/d.gguf");
  clock_.advance(std::chrono::seconds(1));
  EXPECT_TRUE(registry.text_model("d", kLong));
}

TEST_F(RegistryTest, ListsWhatWasAddedAndRemovedWhileItRuns) {
  auto& registry = start();
  put("models/d.gguf");
  ASSERT_EQ(registry.list().size(), 4U);
  EXPECT_EQ(registry.list()[3].id, "d");
  std::filesystem::remove(root_ / "models/d.gguf");
  EXPECT_EQ(registry.list().size(), 3U);
}

// A folder that has not changed is not read again: only its time is looked at.
TEST_F(RegistryTest, ListsFromMemoryWhileTheFolderIsTheSame) {
  const auto long_ago = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
  std::filesystem::last_write_time(root_ / "models", long_ago);
  auto& registry = start();
  put("models/d.gguf");
  std::filesystem::last_write_time(root_ / "models", long_ago);
  EXPECT_EQ(registry.list().size(), 3U);
}

TEST_F(RegistryTest, StoppingCancelsALoadAndReleasesThoseWhoWait) {
  loader_.hold();
  auto& registry = start();
  auto waiting = std::async(std::launch::async, [&] { return registry.text_model("a", kLong); });
  while (loader_.count() == 0) std::this_thread::yield();
  registry.stop();
  const auto result = waiting.get();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(registry.text_model("b", kLong).error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace diptych
