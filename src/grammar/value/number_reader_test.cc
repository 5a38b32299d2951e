#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <queue>
#include <set>

#include "grammar/value/number_set.h"

namespace diptych::grammar {
namespace {

Decimal number(std::string_view text) { return *parse_decimal(text); }

struct Row {
  std::string name;
  NumberSet set;
};

std::vector<Row> rows() {
  NumberSet bounded{.minimum = number("-3"), .maximum = number("12.5")};
  NumberSet open{.minimum = number("0"), .maximum = number("1")};
  open.minimum_exclusive = open.maximum_exclusive = true;
  NumberSet whole{.minimum = number("5"), .maximum = number("117"), .integer = true};
  return {
      {"any", {}},
      {"integer", {.integer = true}},
      {"not_integer", {.not_integer = true}},
      {"at_least_zero", {.minimum = number("0")}},
      {"at_most_minus_two", {.maximum = number("-2")}},
      {"bounded", bounded},
      {"open_unit", open},
      {"whole", whole},
      {"one_value", {.minimum = number("10"), .maximum = number("10")}},
      {"sevens", {.minimum = number("10"), .maximum = number("30"), .multiples = {number("7")}}},
      {"cents", {.minimum = number("0"), .multiples = {number("0.05")}}},
      {"hundreds", {.multiples = {number("100")}}},
      {"quarters_and_thirds", {.multiples = {number("0.25"), number("3")}}},
      {"no_fives", {.integer = true, .not_multiples = {number("5")}}},
      {"no_tens", {.not_multiples = {number("10")}}},
      {"listed",
       {.among = {{number("1"), number("15"), number("-0.5"), number("0"), number("100")}}}},
      {"all_but", {.integer = true, .except = {number("1"), number("10"), number("-7")}}},
      {"small_range", {.minimum = number("0.125"), .maximum = number("0.126")}},
      {"zero", {.among = {{number("0")}}}},
      {"empty", {.minimum = number("2"), .maximum = number("1")}},
      {"no_multiple_inside",
       {.minimum = number("8"), .maximum = number("13"), .multiples = {number("7")}}},
  };
}

constexpr std::string_view kAlphabet = "-+.e0157";

NumberState read(NumberReader& reader, std::string_view text) {
  NumberState state = reader.start();
  for (const char c : text) state = reader.next(state, static_cast<std::uint8_t>(c));
  return state;
}

// Every text over the alphabet up to a length, with the way to go on from those for which
// `goes_on`.
template <class Visit>
void each_text(std::string& text, std::size_t length_max, const Visit& visit) {
  if (text.size() == length_max) return;
  for (const char c : kAlphabet) {
    text.push_back(c);
    if (visit(text)) each_text(text, length_max, visit);
    text.pop_back();
  }
}

bool begins_number(
    const std::string& text) {  // completed by a digit, by a fraction's or by nothing
  for (const char* end : {"", "1", "1.1"}) {
    if (parse_decimal(text + end)) return true;
  }
  return false;
}

bool is_plain(const std::string& text, const NumberSet& set) {
  const bool minus_zero = text[0] == '-' && number(text).is_zero();
  return text.find('e') == std::string::npos && !minus_zero &&
         (!set.integer || text.find('.') == std::string::npos);
}

class NumberReaderRow : public testing::TestWithParam<std::tuple<std::size_t, Numbers>> {};

TEST_P(NumberReaderRow, takesEveryNumberOfTheSetAndNothingElse) {
  const auto [index, spelling] = GetParam();
  const Row row = rows()[index];
  NumberReader reader(row.set, spelling, NumberIdentity::kExact);
  std::string text;
  each_text(text, 6, [&](const std::string& at) {
    if (!begins_number(at)) {
      EXPECT_EQ(read(reader, at), 0U) << at;
      return false;
    }
    const auto value = parse_decimal(at);
    if (!value) return true;
    const auto e = at.find("e");
    if (e != std::string::npos && std::abs(std::stoi(at.substr(e + 1))) > 400) return true;
    const NumberState state = read(reader, at);
    const bool taken = state != 0 && reader.may_end(state);
    if (spelling == Numbers::kComplete || is_plain(at, row.set)) {
      const bool point_for_nothing =
          spelling == Numbers::kPlain && at.find('.') != std::string::npos && !taken;
      if (!point_for_nothing) {
        EXPECT_EQ(taken, contains(row.set, *value)) << at;
      }
    } else {
      EXPECT_FALSE(taken) << at;
    }
    if (taken) {
      EXPECT_EQ(number(reader.spelled(state)), *value);
    }
    return true;
  });
}

TEST_P(NumberReaderRow, everyPrefixGoesOnToANumberOfTheSet) {
  const auto [index, spelling] = GetParam();
  const Row row = rows()[index];
  NumberReader reader(row.set, spelling);
  std::set<NumberState> ends;  // states from which an end was found
  const auto finds_end = [&](NumberState from) {
    std::map<NumberState, NumberState> parent{{from, 0}};
    std::queue<NumberState> open({from});
    while (!open.empty()) {
      const NumberState at = open.front();
      open.pop();
      if (ends.contains(at) || reader.may_end(at)) {
        for (NumberState back = at; back != 0; back = parent[back]) ends.insert(back);
        return true;
      }
      for (const char c : std::string_view("0123456789.e-+")) {
        const NumberState to = reader.next(at, static_cast<std::uint8_t>(c));
        if (to != 0 && parent.try_emplace(to, at).second) open.push(to);
      }
    }
    return false;
  };
  std::string text;
  each_text(text, 5, [&](const std::string& at) {
    const NumberState state = read(reader, at);
    if (state == 0) return false;
    EXPECT_TRUE(finds_end(state)) << row.name << " " << at;
    return true;
  });
}

TEST_P(NumberReaderRow, mergedStatesAgreeWithExactOnes) {
  const auto [index, spelling] = GetParam();
  const Row row = rows()[index];
  NumberReader merged(row.set, spelling), exact(row.set, spelling, NumberIdentity::kExact);
  std::string text;
  each_text(text, 6, [&](const std::string& at) {
    const NumberState a = read(merged, at), b = read(exact, at);
    EXPECT_EQ(a != 0, b != 0) << at;
    if (a == 0 || b == 0) return false;
    EXPECT_EQ(merged.may_end(a), exact.may_end(b)) << at;
    EXPECT_EQ(merged.key(a, 16), exact.key(b, 16)) << at;
    return true;
  });
}

INSTANTIATE_TEST_SUITE_P(Sets, NumberReaderRow,
                         testing::Combine(testing::Range<std::size_t>(0, rows().size()),
                                          testing::Values(Numbers::kPlain, Numbers::kComplete)),
                         [](const auto& row) {
                           return rows()[std::get<0>(row.param)].name +
                                  (std::get<1>(row.param) == Numbers::kPlain ? "_plain"
                                                                             : "_complete");
                         });

TEST(NumberReader, startsDeadOnlyWhenTheSetIsEmpty) {
  for (const Row& row : rows()) {
    NumberReader reader(row.set, Numbers::kPlain);
    EXPECT_EQ(reader.start() == 0, is_empty(row.set)) << row.name;
  }
}

TEST(NumberReader, aPrefixThatReachesAMultipleOfALargePrimeLives) {
  NumberReader reader({.minimum = number("1"), .multiples = {number("1000000007")}},
                      Numbers::kPlain);
  EXPECT_NE(read(reader, "10000"), 0U);
  EXPECT_TRUE(reader.may_end(read(reader, "1000000007")));
  EXPECT_FALSE(reader.may_end(read(reader, "1000000008")));
  EXPECT_TRUE(reader.may_end(read(reader, "123456789864197523")));  // 123456789 times the prime
}

TEST(NumberReader, endsWithinItsDigits) {
  for (const Numbers spelling : {Numbers::kPlain, Numbers::kComplete}) {
    NumberReader reader({.multiples = {number("7")}}, spelling);
    NumberState state = reader.start();
    std::size_t count = 0;
    const auto step = [&] {  // a 7 where that is allowed
      for (const char c : std::string_view("7894561230")) {
        if (const NumberState to = reader.next(state, static_cast<std::uint8_t>(c)); to != 0) {
          state = to;
          return true;
        }
      }
      return false;
    };
    while (step()) ++count;
    EXPECT_TRUE(spelling == Numbers::kComplete || reader.may_end(state));
    EXPECT_GE(count, 400U);
    EXPECT_LE(count, 500U);
  }
}

TEST(NumberReader, digitsThatMakeNoDifferenceShareAState) {
  NumberReader reader({.minimum = number("0"), .maximum = number("1000")}, Numbers::kPlain);
  EXPECT_EQ(read(reader, "12"), read(reader, "98"));
  EXPECT_NE(read(reader, "10"), read(reader, "98"));
  EXPECT_EQ(reader.key(read(reader, "0.12345"), 4), reader.key(read(reader, "0.9"), 4));
}

}  // namespace
}  // namespace diptych::grammar
