#include "grammar/schema/decimal.h"

#include <gtest/gtest.h>

namespace diptych::grammar {
namespace {

Decimal decimal(std::string_view text) {
  const auto value = parse_decimal(text);
  EXPECT_TRUE(value) << text;
  return value.value_or(Decimal{});
}

TEST(Decimal, EqualValuesHaveOneForm) {
  for (const auto& [a, b] : {std::pair{"1", "1.0"},
                             {"100", "1e2"},
                             {"0.10", "1e-1"},
                             {"-0", "0"},
                             {"0e5", "0.000"},
                             {"12.50", "125E-1"},
                             {"0.0012", "12e-4"}}) {
    EXPECT_EQ(decimal(a), decimal(b)) << a << " and " << b;
  }
  EXPECT_NE(decimal("1"), decimal("-1"));
  EXPECT_NE(decimal("1"), decimal("10"));
}

TEST(Decimal, RefusesWhatIsNoJsonNumber) {
  for (const auto* text : {"", "-", "01", "1.", ".5", "+1", "1e", "1e+", "0x1", "1 ", "--1", "NaN",
                           "1e1000001", "1e-99999999999999999999"}) {
    EXPECT_FALSE(parse_decimal(text)) << text;
  }
}

TEST(Decimal, WritesShortNumbersPlainly) {
  for (const auto& [text, written] : {std::pair{"1.0", "1"},
                                      {"-12.50", "-12.5"},
                                      {"1e3", "1000"},
                                      {"0.001", "0.001"},
                                      {"1e300", "1e300"},
                                      {"-0", "0"},
                                      {"12e-20", "1.2e-19"},
                                      {"0.5", "0.5"}}) {
    EXPECT_EQ(to_string(decimal(text)), written);
    EXPECT_EQ(decimal(to_string(decimal(text))), decimal(text));
  }
}

TEST(Decimal, OrdersByValue) {
  const char* ascending[] = {"-1e400",
                             "-10",
                             "-9.99",
                             "-1",
                             "-0.1",
                             "0",
                             "1e-400",
                             "0.1",
                             "0.11",
                             "1",
                             "1.0000000000000000000001",
                             "9",
                             "10",
                             "1e400"};
  for (std::size_t i = 0; i < std::size(ascending); ++i) {
    for (std::size_t j = 0; j < std::size(ascending); ++j) {
      EXPECT_EQ(compare(decimal(ascending[i]), decimal(ascending[j])), i <=> j)
          << ascending[i] << " and " << ascending[j];
    }
  }
}

TEST(Decimal, KnowsMultiplesExactly) {
  const struct {
    const char *value, *of;
    bool is;
  } cases[] = {
      {"10", "2", true},
      {"7", "2", false},
      {"0", "3", true},
      {"0.0075", "0.0001", true},
      {"0.00751", "0.0001", false},
      {"4.5", "1.5", true},
      {"35", "1.5", false},
      {"1e308", "0.123456789", false},
      {"12391239123", "1e-8", true},
      {"1e1000000", "7", false},
      {"1e30", "1024", true},
      {"1e9", "1024", false},
      {"-9", "3", true},
      {"5", "10", false},
      {"123456789012345678901234567890", "123456789012345678901234567890", true},
      {"246913578024691357802469135780", "123456789012345678901234567890", true},
      {"246913578024691357802469135781", "123456789012345678901234567891", false},
      {"1e64", "18446744073709551616", true},
      {"1e18", "18446744073709551616", false},
  };
  for (const auto& row : cases) {
    EXPECT_EQ(is_multiple(decimal(row.value), decimal(row.of)), row.is)
        << row.value << " of " << row.of;
  }
}

}  // namespace
}  // namespace diptych::grammar
