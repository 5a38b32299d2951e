#include "grammar/schema/openai_strict.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "grammar/schema/schema.h"

namespace diptych::grammar {
namespace {

const CompileOptions kStrict{.policy = {.openai_strict = true}};

// A root with one property p of the given schema.
std::string with_property(std::string_view schema) {
  return fmt::format(
      R"({{"type":"object","properties":{{"p":{}}},"required":["p"],"additionalProperties":false}})",
      schema);
}

TEST(OpenAiStrict, TakesItsSubset) {
  for (
      const auto* schema :
      {R"({"type":["string","null"],"pattern":"^a","format":"date","description":"x"})",
       R"({"type":"array","items":{"type":"number","multipleOf":2,"exclusiveMaximum":9},"minItems":1})",
       R"({"anyOf":[{"type":"null"},{"$ref":"#"}]})", R"({"enum":["a",1]})", R"({"const":"a"})"}) {
    const auto read = read_schema(with_property(schema), kStrict);
    EXPECT_TRUE(read) << schema << (read ? "" : read.error().message);
  }
}

TEST(OpenAiStrict, RefusesInItsOwnWords) {
  const struct {
    std::string text;
    const char *message, *pointer;
  } cases[] = {
      {with_property(R"({"type":"string","default":"x"})"),
       "In context=('properties', 'p'), 'default' is not permitted.", "/properties/p/default"},
      {with_property(R"({"type":"array","items":{"oneOf":[]}})"),
       "In context=('properties', 'p', 'items'), 'oneOf' is not permitted.",
       "/properties/p/items/oneOf"},
      {R"({"type":"object","properties":{}})",
       "In context=(), 'additionalProperties' is required to be supplied and to be false.",
       "/additionalProperties"},
      {R"({"type":"object","properties":{"q":{"type":"null"}},"additionalProperties":false})",
       "In context=(), 'required' is required to be supplied and to be an array including every "
       "key "
       "in properties. Missing 'q'.",
       "/required"},
      {with_property("{}"), "In context=('properties', 'p'), schema must have a 'type' key.",
       "/properties/p/type"},
      {with_property(R"({"type":"string","format":"uri"})"),
       "In context=('properties', 'p'), 'uri' is not a valid format.", "/properties/p/format"},
      {with_property(R"({"type":"array"})"),
       "In context=('properties', 'p'), array schema missing items.", "/properties/p/items"},
      {R"({"type":"array"})",
       "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"array\"'.", "/type"},
      {R"({"anyOf":[]})",
       "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"None\"'.", "/type"},
  };
  for (const auto& row : cases) {
    const auto read = read_schema(row.text, kStrict);
    ASSERT_FALSE(read) << row.text;
    EXPECT_EQ(read.error().message, row.message);
    EXPECT_EQ(read.error().pointer, row.pointer);
  }
}

TEST(OpenAiStrict, KeepsItsLimits) {
  std::string nested = R"({"type":"null"})";
  for (int i = 0; i < 9; ++i) nested = with_property(nested);
  EXPECT_TRUE(read_schema(with_property(nested), kStrict));
  EXPECT_FALSE(read_schema(with_property(with_property(nested)), kStrict));

  const auto with_enum = [](int count, std::size_t length) {
    std::string values;
    for (int i = 0; i < count; ++i) {
      values += fmt::format("{}\"{:0{}}\"", i > 0 ? "," : "", i, length);
    }
    return with_property("{\"type\":\"string\",\"enum\":[" + values + "]}");
  };
  EXPECT_TRUE(read_schema(with_enum(1000, 15), kStrict));
  EXPECT_FALSE(read_schema(with_enum(1001, 5), kStrict));
  EXPECT_TRUE(read_schema(with_enum(250, 400), kStrict));
  EXPECT_FALSE(read_schema(with_enum(251, 60), kStrict));
  EXPECT_FALSE(read_schema(with_enum(250, 481), kStrict));
}

}  // namespace
}  // namespace diptych::grammar
