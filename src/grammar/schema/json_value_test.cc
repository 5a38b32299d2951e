#include "grammar/schema/json_value.h"

#include <gtest/gtest.h>

#include <string>

namespace diptych::grammar {
namespace {

JsonNode json(std::string_view text) {
  auto value = read_json(text);
  EXPECT_TRUE(value) << text << ": " << (value ? "" : value.error().message);
  return value ? std::move(*value) : JsonNode{};
}

TEST(JsonValue, KeepsOrderAndSpelling) {
  EXPECT_EQ(compact_text(json(R"( { "b" : [ 1.0 , 1e5 ] , "a" : { } , "c":[ ] } )")),
            R"({"b":[1.0,1e5],"a":{},"c":[]})");
  EXPECT_EQ(compact_text(json(R"(["\u00e9\ud83d\ude00\/\n", true, false, null])")),
            "[\"\xC3\xA9\xF0\x9F\x98\x80/\\n\",true,false,null]");
}

TEST(JsonValue, EqualValuesHaveOneCanonicalText) {
  EXPECT_EQ(canonical_text(json(R"({"b":[1.0,10e4],"a":"\u0041"})")),
            canonical_text(json(R"({"a":"A","b":[1,100000]})")));
}

TEST(JsonValue, ComparesAsSchemasDo) {
  EXPECT_TRUE(same_value(json(R"({"a":1,"b":[2.0]})"), json(R"({"b":[2],"a":1.0})")));
  for (const auto& [a, b] : {std::pair{"1", "true"},
                             {"0", "false"},
                             {"[1]", "[true]"},
                             {"null", "false"},
                             {R"({"a":1})", R"({"a":1,"b":1})"},
                             {"[1,2]", "[2,1]"},
                             {R"("1")", "1"},
                             {"[]", "{}"}}) {
    EXPECT_FALSE(same_value(json(a), json(b))) << a << " and " << b;
  }
}

TEST(JsonValue, RefusesWhatIsNotStrictJson) {
  for (const std::string text : {"",
                                 "{",
                                 "[1,]",
                                 "{\"a\":1,}",
                                 "'a'",
                                 "[1 2]",
                                 "01",
                                 "1.",
                                 "tru",
                                 "nul",
                                 "\"a",
                                 "\"\t\"",
                                 "\"\\x\"",
                                 "\"\\ud800\"",
                                 "\"\\udc00\"",
                                 "\"\\ud800\\u0041\"",
                                 "\"\xff\"",
                                 "\"\xed\xa0\x80\"",
                                 "1 2",
                                 "{\"a\":1,\"a\":2}",
                                 "{a:1}",
                                 "//x\n1",
                                 "\"\\u12\"",
                                 "NaN",
                                 "-"}) {
    EXPECT_FALSE(read_json(text)) << text;
  }
}

TEST(JsonValue, NamesTheByte) {
  const auto value = read_json(R"({"a":1,"a":2})");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code, RefusalCode::kMalformedSchema);
  EXPECT_NE(value.error().message.find("byte 13"), std::string::npos) << value.error().message;
  EXPECT_NE(value.error().message.find("\"a\" twice"), std::string::npos);
}

TEST(JsonValue, FindsRepeatedNamesInLargeObjects) {
  std::string text = "{";
  for (int i = 0; i < 50; ++i) text += "\"n" + std::to_string(i) + "\":0,";
  EXPECT_TRUE(read_json(text + "\"x\":0}"));
  EXPECT_FALSE(read_json(text + "\"n7\":0}"));
}

TEST(JsonValue, LimitsDepthAndSize) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(read_json(nested(256)));
  const auto deep = read_json(nested(257));
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().code, RefusalCode::kSchemaTooLarge);
  EXPECT_FALSE(read_json("[1,2,3]", {.bytes_max = 5}));
}

TEST(JsonValue, FindsMembers) {
  const JsonNode value = json(R"({"a":1,"b":null})");
  ASSERT_NE(value.find("b"), nullptr);
  EXPECT_EQ(value.find("c"), nullptr);
  EXPECT_EQ(json("[1]").find("a"), nullptr);
}

}  // namespace
}  // namespace diptych::grammar
