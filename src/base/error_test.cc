#include "base/error.h"

#include <gtest/gtest.h>

#include <set>

namespace diptych {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return fail(ErrorCode::kInvalidArgument, "odd", "value");
  return value / 2;
}
Result<int> quarter(int value) {
  TRY(const int once, half(value));
  TRY(const int twice, half(once));
  return twice;
}
Status check_even(int value) {
  TRY_STATUS(half(value));
  return {};
}

TEST(Try, PassesTheValueOnOrTheErrorUp) {
  EXPECT_EQ(*quarter(8), 2);
  EXPECT_EQ(quarter(6).error().param, "value");
  EXPECT_TRUE(check_even(2));
  EXPECT_EQ(check_even(3).error().message, "odd");
}

TEST(NameOf, IsUniqueForEveryCode) {
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
    EXPECT_TRUE(names.insert(name_of(static_cast<ErrorCode>(code))).second);
  }
  EXPECT_TRUE(names.contains("invalid_argument"));
}

}  // namespace
}  // namespace diptych
