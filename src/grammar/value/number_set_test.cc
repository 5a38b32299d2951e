#include "grammar/value/number_set.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace diptych::grammar {
namespace {

Decimal number(std::string_view text) { return *parse_decimal(text); }

NumberSet from_to(std::string_view low, std::string_view high) {
  return {.minimum = number(low), .maximum = number(high)};
}

TEST(NumberSet, isEmptyExactlyWhenNoNumberIsIn) {
  struct Row {
    NumberSet set;
    bool empty = false;
  };
  NumberSet half_open = from_to("1", "1");
  half_open.maximum_exclusive = true;
  NumberSet between = from_to("1", "2");
  between.integer = between.minimum_exclusive = between.maximum_exclusive = true;
  NumberSet evens_that_are_odd{.multiples = {number("4")}, .not_multiples = {number("2")}};
  NumberSet no_room = from_to("1", "3");
  no_room.integer = true;
  no_room.except = {number("1"), number("2"), number("3")};
  NumberSet negative = from_to("-5", "-4");
  const std::vector<Row> rows = {
      {{}, false},
      {from_to("2", "1"), true},
      {half_open, true},
      {between, true},
      {evens_that_are_odd, true},
      {no_room, true},
      {negative, false},
      {{.integer = true, .not_integer = true}, true},
      {{.among = std::vector<Decimal>{}}, true},
      {{.integer = true, .not_multiples = {number("2"), number("3"), number("5")}}, false},
      {{.maximum = number("1e999999"), .integer = true}, false},
      {{.minimum = number("1e-999999"), .multiples = {number("0.5")}}, false},
  };
  for (const Row& row : rows) EXPECT_EQ(is_empty(row.set), row.empty) << &row - rows.data();
}

TEST(NumberSet, countsFiniteSets) {
  NumberSet tens = from_to("-10", "10");
  tens.integer = true;
  EXPECT_EQ(count(tens), 21U);
  tens.except = {number("0"), number("11")};
  EXPECT_EQ(count(tens), 20U);
  EXPECT_EQ(count(from_to("3", "3")), 1U);
  EXPECT_EQ(count(from_to("3", "4")), std::nullopt);
  EXPECT_EQ(count({.integer = true}), std::nullopt);
  EXPECT_EQ(count({.among = {{number("1"), number("2"), number("2")}}}), 2U);
}

TEST(NumberSet, complementHasExactlyTheOthers) {
  NumberSet set = from_to("-2", "7.5");
  set.maximum_exclusive = true;
  set.multiples = {number("0.5")};
  set.except = {number("3")};
  const std::vector<NumberSet> others = complement(set);
  for (int quarter = -20; quarter < 40; ++quarter) {
    const Decimal value = *parse_decimal(std::to_string(quarter * 25) + "e-2");
    const bool in_others =
        std::ranges::any_of(others, [&](const NumberSet& other) { return contains(other, value); });
    EXPECT_NE(contains(set, value), in_others) << quarter;
  }
}

TEST(NumberSet, intersectionKeepsTheTighterBound) {
  NumberSet open = from_to("0", "5");
  open.minimum_exclusive = true;
  const NumberSet both = intersect(open, from_to("0", "3"));
  EXPECT_FALSE(contains(both, number("0")));
  EXPECT_TRUE(contains(both, number("3")));
  EXPECT_FALSE(contains(both, number("4")));
}

}  // namespace
}  // namespace diptych::grammar
