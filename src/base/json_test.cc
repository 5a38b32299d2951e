#include "base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace diptych {
namespace {

using ::testing::HasSubstr;
using std::string_literals::operator""s;

TEST(Json, KeepsOrderAndReplacesInPlace) {
  Json value = Json::object({{"b", 1}, {"a", nullptr}});
  value.set("b", "two");
  value.set("c", Json::array({true, 2.5}));
  EXPECT_EQ(dump_json(value), R"({"b":"two","a":null,"c":[true,2.5]})");
  value.erase("a");
  value.erase("missing");
  EXPECT_EQ(dump_json(value), R"({"b":"two","c":[true,2.5]})");
  EXPECT_EQ(value["c"][1].as_double(), 2.5);
  EXPECT_TRUE(value["missing"]["too"].is_null());
  EXPECT_EQ(value.find("missing"), nullptr);
}

TEST(Json, NamesItsKinds) {
  EXPECT_EQ(Json().kind(), "null");
  EXPECT_EQ(Json(true).kind(), "boolean");
  EXPECT_EQ(Json(1).kind(), "integer");
  EXPECT_EQ(Json(1.0).kind(), "number");
  EXPECT_EQ(Json("").kind(), "string");
  EXPECT_EQ(Json::array().kind(), "array");
  EXPECT_EQ(Json::object().kind(), "object");
}

TEST(JsonDeathTest, ChecksTheKindOnAccess) {
  EXPECT_DEATH(Json(1).as_string(), "CHECK failed");
  EXPECT_DEATH(Json::array({1})[std::size_t{1}], "CHECK failed");
}

TEST(DumpJson, WritesNumbersThatReadBackTheSame) {
  struct Case {
    Json value;
    std::string_view text;
  };
  const Case cases[] = {
      {0, "0"},
      {std::numeric_limits<std::int64_t>::max(), "9223372036854775807"},
      {std::numeric_limits<std::int64_t>::min(), "-9223372036854775808"},
      {std::uint64_t{1} << 63, "9223372036854775808.0"},
      {1.0, "1.0"},
      {-0.0, "-0.0"},
      {0.1, "0.1"},
      {1e22, "1e+22"},
      {5e-324, "5e-324"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {-2.3, "-2.3"},
      {std::nan(""), "null"},
      {HUGE_VAL, "null"},
  };
  for (const Case& c : cases) {
    const std::string text = dump_json(c.value);
    EXPECT_EQ(text, c.text);
    const auto again = parse_json(text);
    ASSERT_TRUE(again) << text;
    if (text == "null") continue;
    EXPECT_EQ(again->as_double(), c.value.as_double()) << text;
    EXPECT_EQ(again->is_int(), c.value.is_int()) << text;
  }
}

TEST(DumpJson, EscapesWhatMustBeAndRepairsUtf8) {
  EXPECT_EQ(dump_json("q\" b\\ \n\t\r\b\f\x01\x1f /\x7f"),
            "\"q\\\" b\\\\ \\n\\t\\r\\b\\f\\u0001\\u001f /\x7f\"");
  EXPECT_EQ(dump_json("\xC3\xA9 \xF0\x9F\x98\x80"), "\"\xC3\xA9 \xF0\x9F\x98\x80\"");
  EXPECT_EQ(dump_json("a\xFF\xC3"), "\"a\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(dump_json(Json("nul\0!"s)), "\"nul\\u0000!\"");
}

TEST(DumpJsonPretty, IndentsByTwo) {
  const Json value = Json::object({{"a", Json::array({1, Json::object()})}, {"b", Json::array()}});
  EXPECT_EQ(dump_json_pretty(value), "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}\n");
}

TEST(ParseJson, RoundTripsDocuments) {
  const std::string_view documents[] = {
      "null",
      "true",
      "[]",
      "{}",
      R"("")",
      R"({"a":[1,-2,0.5,"x",{"b":[[]]}],"":null})",
      R"(["\u0000","\u001f"])",
  };
  for (const auto document : documents) {
    const auto parsed = parse_json(document);
    ASSERT_TRUE(parsed) << document << ": " << parsed.error().message;
    EXPECT_EQ(dump_json(*parsed), document);
  }
}

TEST(ParseJson, ReadsEscapesAndSurrogatePairs) {
  const auto parsed = parse_json(R"( "\u00e9\ud83d\ude00\/\n" )");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->as_string(), "\xC3\xA9\xF0\x9F\x98\x80/\n");
}

TEST(ParseJson, ReadsNumbersExactly) {
  EXPECT_EQ(parse_json("9223372036854775807")->as_int(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(parse_json("-9223372036854775808")->as_int(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(parse_json("9223372036854775808")->kind(), "number");
  EXPECT_EQ(parse_json("18446744073709551616")->as_double(), 18446744073709551616.0);
  EXPECT_EQ(parse_json("1e2")->kind(), "number");
  EXPECT_EQ(parse_json("1.7976931348623157e308")->as_double(), 1.7976931348623157e308);
  EXPECT_EQ(parse_json("2.2250738585072011e-308")->as_double(), 2.2250738585072011e-308);
  EXPECT_EQ(parse_json("8.988465674311580e307")->as_double(), 8.988465674311580e307);
  EXPECT_EQ(parse_json("1e-400")->as_double(), 0.0);
}

TEST(ParseJson, RefusesWithTheReasonAndTheOffset) {
  struct Bad {
    std::string text;
    std::string_view words;
  };
  const Bad bad[] = {
      {"", "byte 0"},
      {"  ", "byte 2"},
      {"{\"a\":1", "byte 6"},
      {"[1,]", "byte 3"},
      {"{} x", "byte 3"},
      {"{} {}", "byte 3"},
      {"nul", "byte 3"},
      {"01", "byte 1"},
      {"+1", "byte 0"},
      {"1.", "byte 2"},
      {".5", "byte 0"},
      {"NaN", "byte 0"},
      {"'a'", "byte 0"},
      {"[1] // c", "byte 4"},
      {"\"a\nb\"", "byte 2"},
      {R"("\x")", "byte 2"},
      {R"("\ud83d")", "byte"},
      {"\"\xFF\"", "byte 1"},
      {"\"\xC3\"", "byte 1"},
      {"\"\xED\xA0\x80\"", "byte 1"},
      {"\xEF\xBB\xBF{}", "byte 0"},
      {R"({"a":1,"b":{},"a":2})", "\"a\" twice"},
      {R"({"a":1,"\u0061":2})", "\"a\" twice"},
      {"1e400", "range of a double"},
      {"-1e400", "range of a double"},
  };
  for (const Bad& b : bad) {
    const auto parsed = parse_json(b.text);
    ASSERT_FALSE(parsed) << b.text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(parsed.error().message, HasSubstr(b.words)) << b.text;
  }
}

TEST(ParseJson, HoldsItsLimits) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(parse_json(nested(64)));
  const auto deep = parse_json(nested(65));
  ASSERT_FALSE(deep);
  EXPECT_THAT(deep.error().message, HasSubstr("nesting deeper than 64"));
  EXPECT_FALSE(parse_json(std::string(1'000'000, '[')));

  EXPECT_TRUE(parse_json("1234", {.bytes_max = 4}));
  const auto large = parse_json("12345", {.bytes_max = 4});
  ASSERT_FALSE(large);
  EXPECT_THAT(large.error().message, HasSubstr("5 bytes; the limit is 4"));
}

TEST(ParseJson, CountsValuesBeforeTheyFillMemory) {
  const std::string text = R"({"a": [1, 2, true], "b": null})";  // six values
  EXPECT_TRUE(parse_json(text, {.values_max = 6}));
  const auto refused = parse_json(text, {.values_max = 5});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("more values than are allowed"), std::string::npos);
}

}  // namespace
}  // namespace diptych
