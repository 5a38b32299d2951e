#include "grammar/value/schema_machine.h"

#include <gtest/gtest.h>

#include <vector>

#include "grammar/value/schema_machine_checks.h"

namespace diptych::grammar {
namespace {

struct Case {
  const char* schema;
  std::vector<const char*> accepted, refused;
};

void check(const std::vector<Case>& cases, const Policy& policy = complete_policy()) {
  for (const Case& row : cases) {
    auto made = machine_of(row.schema, policy);
    ASSERT_TRUE(made) << row.schema << ": " << made.error().message;
    for (const char* text : row.accepted) {
      EXPECT_TRUE(accepts(*made->machine, text)) << row.schema << " at " << text;
    }
    for (const char* text : row.refused) {
      EXPECT_FALSE(accepts(*made->machine, text)) << row.schema << " at " << text;
    }
  }
}

TEST(SchemaMachine, enforcesScalars) {
  check({
      {R"({"type":"integer","minimum":3,"maximum":12})", {"3", "12", "10.0"}, {"2", "13", "3.5"}},
      {R"({"enum":[1,"a",null,{"b":[true]}]})",
       {"1", R"("a")", "null", R"({"b": [true]})"},
       {"2", R"("b")", "{}", R"({"b":[false]})"}},
      {R"({"type":"string","minLength":2,"maxLength":3,"pattern":"^[ab]"})",
       {R"("ab")", R"("bxy")"},
       {R"("a")", R"("xa")", R"("abcd")"}},
      {R"({"type":["null","boolean"]})", {"null", "true", "false"}, {"0", "nul"}},
      {R"({"format":"date"})", {R"("2024-02-29")", "7"}, {R"("2023-02-29")"}},
  });
}

TEST(SchemaMachine, takesKeysInAnyOrderOnceEach) {
  check({{R"({"properties":{"a":{"type":"null"},"b":{"type":"null"}},"required":["b"]})",
          {R"({"b":null,"a":null})", R"({"a":null,"b":null})", R"({"c":1,"b":null})"},
          {R"({"a":null})", R"({"b":null,"b":null})", R"({"c":1,"c":2,"b":null})", R"({"a":1})"}},
         {R"({"properties":{"a\n":{"type":"null"}},"additionalProperties":{"type":"boolean"}})",
          {R"({"a\n":null})", R"({"\u0061\n":null})", R"({"x":true})"},
          {R"({"a\n":true})", R"({"\u0061\n":true})", R"({"x":true,"\u0078":true})"}}});
}

TEST(SchemaMachine, takesKeysInSchemaOrderIfAsked) {
  Policy policy;
  policy.order = KeyOrder::kSchema;
  check({{R"({"properties":{"a":{},"b":{},"c":{}},"required":["b"]})",
          {R"({"a":1,"b":2,"c":3})", R"({"b":2})", R"({"b":2,"x":1})"},
          {R"({"b":1,"a":2})", R"({"a":1,"c":2})", R"({"x":1,"b":2})", R"({"b":2,"x":1,"c":1})"}}},
        policy);
}

TEST(SchemaMachine, appliesEveryMatchingPatternToAName) {
  check({{R"({"properties":{"ab":{"minimum":0}},"patternProperties":{"^a":{"maximum":9},"b$":{
               "multipleOf":2}},"additionalProperties":{"type":"null"}})",
          {R"({"ab":4})", R"({"ax":3})", R"({"xb":20})", R"({"axb":2})", R"({"x":null})"},
          {R"({"ab":3})", R"({"ab":-2})", R"({"ab":10})", R"({"axb":10})", R"({"x":1})"}},
         {R"({"propertyNames":{"pattern":"^[ab]$"},"minProperties":2})",
          {R"({"a":1,"b":2})"},
          {R"({"a":1})", R"({"a":1,"c":2})"}}});
}

TEST(SchemaMachine, combinesSchemas) {
  check({
      {R"({"allOf":[{"properties":{"a":{"minimum":1}}},{"properties":{"a":{"maximum":2}}}]})",
       {R"({"a":1})", R"({"a":2})"},
       {R"({"a":0})", R"({"a":3})"}},
      {R"({"anyOf":[{"required":["a"]},{"required":["b"]}],"type":"object"})",
       {R"({"a":1})", R"({"b":1})", R"({"a":1,"b":1})"},
       {"{}", R"({"c":1})"}},
      {R"({"oneOf":[{"required":["a"]},{"required":["b"]}],"type":"object"})",
       {R"({"a":1})", R"({"b":1})"},
       {"{}", R"({"a":1,"b":1})"}},
      {R"({"oneOf":[{"multipleOf":2},{"multipleOf":3}],"type":"integer"})",
       {"2", "3", "8"},
       {"6", "5"}},
      {R"({"not":{"properties":{"a":{"type":"string"}},"required":["a"]},"type":"object"})",
       {"{}", R"({"a":1})"},
       {R"({"a":"x"})"}},
      {R"({"not":{"additionalProperties":{"type":"null"}},"type":"object"})",
       {R"({"a":1})", R"({"a":null,"b":1})"},
       {"{}", R"({"a":null})"}},
      {R"({"if":{"properties":{"a":{"const":1}},"required":["a"]},"then":{"required":["b"]},
           "else":{"required":["c"]},"type":"object"})",
       {R"({"a":1,"b":0})", R"({"c":0})", R"({"b":1,"a":1})"},
       {R"({"a":1})", R"({"a":2})"}},
      {R"({"dependentRequired":{"a":["b"],"b":["c"]},"maxProperties":3})",
       {"{}", R"({"c":1})", R"({"a":1,"b":1,"c":1})"},
       {R"({"a":1})", R"({"x":1,"b":1})"}},
      {R"({"dependentSchemas":{"a":{"properties":{"b":{"const":1}}}},"type":"object"})",
       {R"({"b":2})", R"({"a":0,"b":1})"},
       {R"({"b":2,"a":1})", R"({"a":1,"b":2})"}},
  });
}

TEST(SchemaMachine, enforcesArrays) {
  check({
      {R"({"prefixItems":[{"type":"null"}],"items":{"type":"boolean"},"minItems":1,"maxItems":2})",
       {"[null]", "[null, true]"},
       {"[]", "[true]", "[null,null]", "[null,true,true]"}},
      {R"({"contains":{"type":"null"},"minContains":2,"maxContains":3,"maxItems":4})",
       {"[null,null]", "[1,null,2,null]", "[null,null,null,1]"},
       {"[null]", "[null,null,null,null]", "[1,1,null]"}},
      {R"({"uniqueItems":true})",
       {"[1,2,\"1\"]", "[{\"a\":1},{\"a\":2}]", "[[],[[]]]"},
       {"[1,1.0]", R"(["a","\u0061"])", R"([{"a":1,"b":2},{"b":2.0,"a":1}])", "[[1],[1]]"}},
      {R"({"items":{"enum":["a","ab"]},"uniqueItems":true})",
       {R"(["ab","a"])"},
       {R"(["a","a"])", R"(["a","ab",)"}},
  });
}

TEST(SchemaMachine, followsReferences) {
  check({{R"({"$defs":{"t":{"properties":{"next":{"$ref":"#/$defs/t"},"v":{"type":"integer"}},
             "required":["v"],"additionalProperties":false}},"$ref":"#/$defs/t"})",
          {R"({"v":1})", R"({"v":1,"next":{"v":2,"next":{"v":3}}})"},
          {R"({"next":{"v":1}})", R"({"v":1,"next":{}})"}},
         {R"({"$ref":"#/$defs/a","$defs":{"a":{"items":{"$ref":"#/$defs/a"},"type":"array"}},
             "maxItems":1})",
          {"[]", "[[[],[]]]"},
          {"[[],[]]", "[1]"}}});
}

TEST(SchemaMachine, seesWhatWasEvaluated) {
  check({{R"({"properties":{"a":{}},"anyOf":[{"properties":{"b":{"type":"null"}},"required":["b"]},
             {"properties":{"c":{"type":"null"}},"required":["c"]}],"unevaluatedProperties":false})",
          {R"({"a":1,"b":null})", R"({"c":null})", R"({"b":null,"c":null})"},
          {R"({"a":1})", R"({"b":null,"c":1})", R"({"b":null,"d":1})"}},
         {R"({"prefixItems":[{"type":"null"}],"contains":{"const":1},"unevaluatedItems":{
             "type":"boolean"}})",
          {"[null,1,true]", "[null,1]"},
          {"[null,true]", "[null,1,2]"}}});
}

TEST(SchemaMachine, allowsTidyWhiteSpace) {
  check({{R"({"type":"object"})",
          {"{}", "{ }", "{\"a\": [1, 2], \"b\":{}}", "{\n  \"a\": 1,\n\t\"b\": 2\n}"},
          {" {}", "{} ", "{  }", "{\n\n}", "{\r}"}}});
}

TEST(SchemaMachine, refusesWhatNothingSatisfies) {
  for (
      const char* schema :
      {"false", R"({"type":"integer","minimum":2,"maximum":1})",
       R"({"allOf":[{"type":"string"},{"type":"null"}]})",
       R"({"type":"object","required":["a"],"properties":{"a":false}})",
       R"({"$defs":{"t":{"type":"object","required":["t"],"properties":{"t":{"$ref":"#/$defs/t"}}}},
            "$ref":"#/$defs/t"})",
       R"({"type":"object","minProperties":3,"maxProperties":2})",
       R"({"type":"array","items":false,"minItems":1})"}) {
    const auto made = machine_of(schema);
    ASSERT_FALSE(made) << schema;
    EXPECT_EQ(made.error().code, RefusalCode::kUnsatisfiable) << schema;
  }
}

}  // namespace
}  // namespace diptych::grammar
