#include "grammar/schema/evaluator.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace diptych::grammar {
namespace {

struct Case {
  const char *schema, *holds, *fails, *keyword;  // nullptr: nothing to try
};

void check(const Case& row) {
  const auto schema = read_schema(row.schema, {});
  ASSERT_TRUE(schema) << row.schema << ": " << schema.error().message;
  if (row.holds != nullptr) {
    EXPECT_FALSE(validate(*schema, *read_json(row.holds))) << row.schema << " at " << row.holds;
  }
  if (row.fails == nullptr) return;
  const auto violation = validate(*schema, *read_json(row.fails));
  ASSERT_TRUE(violation) << row.schema << " at " << row.fails;
  EXPECT_EQ(violation->keyword, row.keyword) << row.schema << " at " << row.fails;
}

TEST(Validate, JudgesScalars) {
  for (const Case& row : {
           Case{R"({"type":"integer"})", "1.0", "1.5", "type"},
           {R"({"type":["null","boolean"]})", "null", "0", "type"},
           {R"({"enum":[1,{"a":[2]}]})", R"({"a":[2.0]})", "true", "enum"},
           {R"({"const":"a"})", R"("a")", R"("b")", "const"},
           {R"({"minimum":1e-400})", "1", "0", "minimum"},
           {R"({"maximum":0.1})", "0.1", "0.10000000000000000000001", "maximum"},
           {R"({"exclusiveMinimum":0})", "1e-999", "0", "exclusiveMinimum"},
           {R"({"exclusiveMaximum":3})", "2.999", "3.0", "exclusiveMaximum"},
           {R"({"multipleOf":0.01})", "19.99", "19.995", "multipleOf"},
           {R"({"minLength":2})", "\"\xF0\x9F\x98\x80\xF0\x9F\x98\x80\"", R"("😀")", "minLength"},
           {R"({"maxLength":1})", R"("😀")", R"("ab")", "maxLength"},
           {R"({"pattern":"^a+$"})", R"("aa")", R"("ab")", "pattern"},
           {R"({"pattern":"b"})", R"("abc")", R"("ac")", "pattern"},
           {"false", nullptr, "1", "false"},
           {"true", "1", nullptr, nullptr},
       }) {
    check(row);
  }
}

TEST(Validate, JudgesArraysAndObjects) {
  for (const Case& row : {
           Case{R"({"items":{"type":"null"}})", "[null]", "[null,1]", "type"},
           {R"({"prefixItems":[true,false]})", "[1]", "[1,2]", "false"},
           {R"({"prefixItems":[true],"items":false})", "[1]", "[1,2]", "false"},
           {R"({"minItems":1})", "[0]", "[]", "minItems"},
           {R"({"maxItems":1})", "{}", "[1,2]", "maxItems"},
           {R"({"uniqueItems":true})", "[1,true,[1]]", R"([{"a":1,"b":2},{"b":2.0,"a":1}])",
            "uniqueItems"},
           {R"({"contains":{"const":1}})", "[0,1]", "[0]", "contains"},
           {R"({"contains":true,"minContains":0,"maxContains":1})", "[]", "[1,2]", "maxContains"},
           {R"({"contains":true,"minContains":2})", "[1,2]", "[1]", "minContains"},
           {R"({"required":["a"]})", R"({"a":0})", "{}", "required"},
           {R"({"properties":{"a":false},"patternProperties":{"^b":{"type":"null"}}})",
            R"({"b":null,"c":1})", R"({"bc":1})", "type"},
           {R"({"properties":{"a":true},"additionalProperties":false})", R"({"a":1})", R"({"b":1})",
            "false"},
           {R"({"propertyNames":{"maxLength":1}})", R"({"a":1})", R"({"ab":1})", "maxLength"},
           {R"({"minProperties":1})", R"({"a":1})", "{}", "minProperties"},
           {R"({"maxProperties":0})", "{}", R"({"a":1})", "maxProperties"},
           {R"({"dependentRequired":{"a":["b"]}})", R"({"b":1})", R"({"a":1})",
            "dependentRequired"},
           {R"({"dependencies":{"a":{"required":["b"]}}})", R"({"a":1,"b":1})", R"({"a":1})",
            "required"},
       }) {
    check(row);
  }
}

TEST(Validate, JudgesLogic) {
  for (const Case& row : {
           Case{R"({"allOf":[{"minimum":1},{"maximum":2}]})", "1", "3", "maximum"},
           {R"({"anyOf":[{"type":"null"},{"minimum":2}]})", "null", "1", "anyOf"},
           {R"({"oneOf":[{"type":"integer"},{"minimum":2}]})", "2.5", "3", "oneOf"},
           {R"({"not":{"type":"null"}})", "1", "null", "not"},
           {R"({"if":{"minimum":5},"then":{"maximum":6},"else":{"const":0}})", "0", "7", "maximum"},
           {R"({"if":{"minimum":5},"else":{"const":0}})", "7", "1", "const"},
           {R"({"then":false})", "7", nullptr, nullptr},
           {R"({"$ref":"#/$defs/a","minimum":1,"$defs":{"a":{"maximum":2}}})", "1", "0", "minimum"},
           {R"({"properties":{"n":{"$ref":"#"},"v":{"type":"null"}}})", R"({"n":{"n":{"v":null}}})",
            R"({"n":{"n":{"v":0}}})", "type"},
       }) {
    check(row);
  }
}

TEST(Validate, KnowsWhatWasEvaluated) {
  for (const Case& row : {
           Case{R"({"allOf":[{"properties":{"a":true}}],"unevaluatedProperties":false})",
                R"({"a":1})", R"({"b":1})", "false"},
           {R"({"anyOf":[{"required":["a"],"properties":{"a":true}},{"properties":{"b":true}}],
                "unevaluatedProperties":false})",
            R"({"a":1,"b":1})", R"({"a":1,"c":1})", "false"},
           {R"({"if":{"properties":{"a":{"const":1}},"required":["a"]},
                "then":{"properties":{"b":true}},"unevaluatedProperties":false})",
            R"({"a":1,"b":1})", R"({"a":2,"b":1})", "false"},
           {R"({"not":{"not":{"properties":{"a":true}}},"unevaluatedProperties":false})", "{}",
            R"({"a":1})", "false"},
           {R"({"prefixItems":[true],"contains":{"const":9},"unevaluatedItems":false})", "[1,9]",
            "[1,9,2]", "false"},
           {R"({"$schema":"https://json-schema.org/draft/2019-09/schema",
                "contains":{"const":9},"unevaluatedItems":false})",
            nullptr, "[9]", "false"},
       }) {
    check(row);
  }
}

TEST(Validate, FollowsTheDynamicScope) {
  constexpr std::string_view kTree = R"({"$id":"http://x/strict","$dynamicAnchor":"node",
    "$ref":"tree","unevaluatedProperties":false,
    "$defs":{"t":{"$id":"tree","$dynamicAnchor":"node","properties":{"data":true,
      "children":{"items":{"$dynamicRef":"#node"}}}}}})";
  check({kTree.data(), R"({"children":[{"data":1}]})", R"({"children":[{"daat":1}]})", "false"});
  check({R"({"$schema":"https://json-schema.org/draft/2019-09/schema","$id":"http://x/strict",
    "$recursiveAnchor":true,"$ref":"tree","unevaluatedProperties":false,
    "$defs":{"t":{"$id":"tree","$recursiveAnchor":true,"properties":{"data":true,
      "children":{"items":{"$recursiveRef":"#"}}}}}})",
         R"({"children":[{"data":1}]})", R"({"children":[{"daat":1}]})", "false"});
}

TEST(Validate, NamesThePlaceInSchemaAndValue) {
  const auto schema = read_schema(
      R"({"properties":{"a/b":{"items":{"$ref":"#/$defs/n"}}},"$defs":{"n":{"minimum":1}}})", {});
  const auto violation = validate(*schema, *read_json(R"({"a/b":[1,0]})"));
  ASSERT_TRUE(violation);
  EXPECT_EQ(violation->schema_pointer, "/$defs/n");
  EXPECT_EQ(violation->instance_pointer, "/a~1b/1");
  EXPECT_EQ(violation->keyword, "minimum");
}

TEST(Validate, InDraft4AFractionIsNoInteger) {
  check({R"({"$schema":"http://json-schema.org/draft-04/schema#","type":"integer"})", "10", "10.0",
         "type"});
}

TEST(Validate, JudgesMetaSchemasByThemselves) {
  for (const std::string uri :
       {"http://json-schema.org/draft-04/schema", "http://json-schema.org/draft-07/schema",
        "https://json-schema.org/draft/2019-09/schema",
        "https://json-schema.org/draft/2020-12/schema"}) {
    const std::string schema = "{\"$ref\":\"" + uri + "\"}";
    check({schema.c_str(), R"({"properties":{"a":{"minLength":1}}})",
           R"({"properties":{"a":{"minLength":-1}}})", "minimum"});
  }
}

TEST(Validate, FindsNamesAndValuesInLongLists) {
  std::string properties, values;
  for (int i = 0; i < 40; ++i) {
    properties += "\"p" + std::to_string(i) + "\":{\"const\":" + std::to_string(i) + "},";
    values += std::to_string(i) + ",";
  }
  const std::string schema = "{\"properties\":{" + properties + "\"z\":{\"enum\":[" + values +
                             "40]}},\"additionalProperties\":false}";
  check({schema.c_str(), R"({"p7":7.0,"p39":39,"z":4e1})", R"({"z":41})", "enum"});
  check({schema.c_str(), nullptr, R"({"p40":1})", "false"});
}

}  // namespace
}  // namespace diptych::grammar
