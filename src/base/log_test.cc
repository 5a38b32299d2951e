#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/rng.h"

namespace diptych {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Log, WritesLinesOfItsLevelAndAbove) {
  const Path path = std::filesystem::temp_directory_path() / random_id("diptych-log-test-");
  ASSERT_TRUE(start_logging("info", path.string()));
  EXPECT_FALSE(log_enabled(LogLevel::kDebug));
  EXPECT_TRUE(log_enabled(LogLevel::kWarn));
  log_debug("hidden {}", 1);
  log_info("shown {} {{}}", 2);
  log_line(LogLevel::kError, "taken {} as is");
  const std::string text = *read_file(path, 1 << 16);
  EXPECT_THAT(text, HasSubstr("info  shown 2 {}\n"));
  EXPECT_THAT(text, HasSubstr("error taken {} as is\n"));
  EXPECT_THAT(text, Not(HasSubstr("hidden")));
  ASSERT_TRUE(start_logging("off", ""));
  EXPECT_FALSE(log_enabled(LogLevel::kError));
  std::filesystem::remove(path);
}

TEST(Log, RefusesUnknownLevelsAndFilesItCannotOpen) {
  EXPECT_EQ(start_logging("loud", "").error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(start_logging("loud", "").error().message, HasSubstr("\"loud\""));
  EXPECT_EQ(start_logging("info", "/dev/null/x").error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace diptych
