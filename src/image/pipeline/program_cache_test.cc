#include "image/pipeline/program_cache.h"

#include <gtest/gtest.h>

namespace diptych {
namespace {

class Sized : public Program {
 public:
  explicit Sized(std::uint64_t bytes) : bytes_(bytes) {}
  Status run(std::span<const ProgramInput>, std::span<const ProgramOutput>,
             const std::stop_token&) override {
    return {};
  }
  MemoryUse memory() const override { return {bytes_, 0}; }

 private:
  std::uint64_t bytes_;
};

class ProgramCacheTest : public testing::Test {
 protected:
  void use(const std::string& key, std::uint64_t bytes) {
    const auto program = cache_.get(key, bytes, [&]() -> Result<std::unique_ptr<Program>> {
      return std::make_unique<Sized>(bytes);
    });
    ASSERT_TRUE(program);
  }

  ProgramCache cache_{100};
};

TEST_F(ProgramCacheTest, CompilesAProgramOnce) {
  use("unet", 40);
  use("vae", 40);
  use("unet", 40);
  EXPECT_EQ(cache_.compile_count(), 2);
  EXPECT_EQ(cache_.memory().weight_bytes, 80U);
}

TEST_F(ProgramCacheTest, TheLeastRecentlyUsedMakesRoom) {
  use("unet", 40);
  use("vae", 40);
  use("unet", 40);
  use("text", 50);  // vae goes
  EXPECT_EQ(cache_.memory().weight_bytes, 90U);
  use("unet", 40);
  EXPECT_EQ(cache_.compile_count(), 3);
}

TEST_F(ProgramCacheTest, OneThatIsTooLargeIsHeldAlone) {
  use("unet", 40);
  use("giant", 300);
  EXPECT_EQ(cache_.memory().weight_bytes, 300U);
  use("giant", 300);
  EXPECT_EQ(cache_.compile_count(), 2);
}

TEST_F(ProgramCacheTest, DropsProgramsOfOnePart) {
  use("text0 a", 10);
  use("text1 b", 10);
  use("unet", 40);
  cache_.drop("text");
  EXPECT_EQ(cache_.memory().weight_bytes, 40U);
}

TEST_F(ProgramCacheTest, AFailedCompileLeavesTheRest) {
  use("unet", 40);
  const auto failed = cache_.get("bad", 10, []() -> Result<std::unique_ptr<Program>> {
    return fail(ErrorCode::kUnsupported, "no");
  });
  EXPECT_FALSE(failed);
  EXPECT_EQ(cache_.memory().weight_bytes, 40U);
}

}  // namespace
}  // namespace diptych
