#include "api/field.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace diptych {
namespace {

struct Toy {
  double heat = 1;
  int count = 0;
  std::string word;
  std::optional<bool> flag;
};

constexpr std::string_view kWords[] = {"low", "high", "auto"};
constexpr std::string_view kCountAliases[] = {"number"};
constexpr Field kFields[] = {
    {.name = "heat",
     .types = kNumber | kNull,
     .limits = {.min = 0, .max = 2},
     .parse = set_member<Toy, &Toy::heat>},
    {.name = "count",
     .types = kInteger,
     .limits = {.min = 1},
     .aliases = kCountAliases,
     .parse = set_member<Toy, &Toy::count>},
    {.name = "word",
     .types = kString,
     .choices = kWords,
     .required = true,
     .parse = set_member<Toy, &Toy::word>},
    {.name = "flag", .types = kBool | kNull, .parse = set_member<Toy, &Toy::flag>},
    {.name = "list",
     .types = kArray,
     .limits = {.length_min = 1, .length_max = 2},
     .item_types = kString},
    {.name = "note", .types = kString, .limits = {.length_max = 3}},
    {.name = "who", .types = kString, .support = Support::kDescriptive, .reason = "nobody asks"},
    {.name = "soft", .types = kInteger, .support = Support::kIgnored, .reason = "it is early"},
    refused_field("hard", "We cannot.", "0"),
};
constexpr FieldGroup kGroups[] = {{kFields}};
constexpr BodySchema kSchema{"Toy", "", kGroups};

struct Refusal {
  std::string body, param, code, message;
};

TEST(FieldTable, RefusesWithParamCodeAndWords) {
  const Refusal cases[] = {
      {R"({"word":"low","colour":1})", "colour", "unknown_parameter",
       "Unknown parameter: 'colour'."},
      {R"({})", "word", "missing_required_parameter", "Missing required parameter: 'word'."},
      {R"({"word":null})", "word", "invalid_type",
       "Invalid type for 'word': expected a string, but got null instead."},
      {R"({"word":"low","heat":"warm"})", "heat", "invalid_type",
       "Invalid type for 'heat': expected a decimal, but got a string instead."},
      {R"({"word":"low","count":1.5})", "count", "invalid_type",
       "Invalid type for 'count': expected an integer, but got a decimal number instead."},
      {R"({"word":"low","heat":-0.5})", "heat", "decimal_below_min_value",
       "Invalid 'heat': decimal below minimum value. Expected a value >= 0, but got -0.5 instead."},
      {R"({"word":"low","heat":9})", "heat", "decimal_above_max_value",
       "Invalid 'heat': decimal above maximum value. Expected a value <= 2, but got 9 instead."},
      {R"({"word":"low","count":0})", "count", "integer_below_min_value",
       "Invalid 'count': integer below minimum value. Expected a value >= 1, but got 0 instead."},
      {R"({"word":"low","count":3000000000})", "count", "integer_above_max_value", ""},
      {R"({"word":"low","count":1,"number":2})", "number", "invalid_value", ""},
      {R"({"word":"mild"})", "word", "invalid_value",
       "Invalid value: 'mild'. Supported values are: 'low', 'high', and 'auto'."},
      {R"({"word":"low","list":[]})", "list", "empty_array", ""},
      {R"({"word":"low","list":["a","b","c"]})", "list", "array_above_max_length", ""},
      {R"({"word":"low","list":["a",1]})", "list[1]", "invalid_type",
       "Invalid type for 'list[1]': expected a string, but got an integer instead."},
      {R"({"word":"low","note":"four"})", "note", "string_above_max_length", ""},
      {R"({"word":"low","who":7})", "who", "invalid_type", ""},
      {R"({"word":"low","hard":1})", "hard", "unsupported_parameter",
       "Unsupported parameter: 'hard'. We cannot."},
  };
  for (const Refusal& each : cases) {
    Toy toy;
    Warnings warnings;
    const auto status = parse_body(kSchema, each.body, &toy, warnings);
    ASSERT_FALSE(status) << each.body;
    EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument) << each.body;
    EXPECT_EQ(status.error().param, each.param) << each.body;
    EXPECT_EQ(status.error().detail, each.code) << each.body;
    if (!each.message.empty()) {
      EXPECT_EQ(status.error().message, each.message);
    }
  }
}

TEST(FieldTable, TakesWhatIsAllowed) {
  Toy toy;
  Warnings warnings;
  ASSERT_TRUE(parse_body(
      kSchema,
      R"({"word":"high","heat":2,"number":4,"flag":true,"list":["ä"],"note":"äöü","who":"me","hard":0.0})",
      &toy, warnings));
  EXPECT_EQ(toy.word, "high");
  EXPECT_EQ(toy.heat, 2);
  EXPECT_EQ(toy.count, 4);
  EXPECT_EQ(toy.flag, true);
  EXPECT_TRUE(warnings.empty());
}

TEST(FieldTable, NullMeansNotGivenWhereAllowed) {
  Toy toy{.heat = 0.5};
  Warnings warnings;
  ASSERT_TRUE(parse_body(kSchema, R"({"word":"high","heat":null,"flag":null,"hard":null})", &toy,
                         warnings));
  EXPECT_EQ(toy.heat, 0.5);
  EXPECT_FALSE(toy.flag);
}

TEST(FieldTable, AnIgnoredFieldBecomesAWarning) {
  Toy toy;
  Warnings warnings;
  ASSERT_TRUE(parse_body(kSchema, R"({"word":"high","soft":3})", &toy, warnings));
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(warnings[0].param, "soft");
  EXPECT_EQ(warnings[0].message, "it is early");
}

TEST(FieldTable, UnknownMembersCanBeWarnedOf) {
  constexpr BodySchema kLenient{"Toy", "", kGroups, UnknownMembers::kWarned};
  Toy toy;
  Warnings warnings;
  ASSERT_TRUE(parse_body(kLenient, R"({"colour":1,"word":"low"})", &toy, warnings));
  EXPECT_EQ(toy.word, "low");
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(warnings[0].param, "colour");
}

TEST(FieldTable, ABodyThatIsNoObjectIsTheClientsMistake) {
  for (const std::string body : {"", "{", "[]", "7", "{\"word\":\"\xff\"}",
                                 "{\"word\":\"low\",\"word\":\"low\"}", "{\"word\":\"low\"} x"}) {
    Toy toy;
    Warnings warnings;
    const auto status = parse_body(kSchema, body, &toy, warnings);
    ASSERT_FALSE(status) << body;
    EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument) << body;
    EXPECT_EQ(status.error().detail, "invalid_json") << body;
  }
}

}  // namespace
}  // namespace diptych
