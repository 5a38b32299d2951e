// Random walks over allowed bytes: each ends, in a document that the plain evaluator accepts.
#include <gtest/gtest.h>

#include "grammar/value/schema_machine_checks.h"

namespace diptych::grammar {
namespace {

void walk(const char* schema, const Policy& policy, int count) {
  auto made = machine_of(schema, policy);
  ASSERT_TRUE(made) << schema << ": " << made.error().message;
  std::mt19937 random(7);
  int finished = 0;
  for (int i = 0; i < count; ++i) {
    const std::string text = random_document(*made->machine, random, 60);
    if (text.empty()) continue;
    ++finished;
    const auto value = read_json(text);
    ASSERT_TRUE(value) << schema << " made " << text;
    const auto violation = validate(*made->schema, *value);
    ASSERT_FALSE(violation) << schema << " made " << text << " against " << violation->keyword;
  }
  EXPECT_GT(finished, 0) << schema;
}

constexpr const char* kSchemas[] = {
    "true",
    R"({"type":"object","properties":{"a":{"type":"integer"},"bc":{"enum":["x","xy"]}},
        "required":["bc"],"additionalProperties":false})",
    R"({"type":"array","items":{"enum":["a","ab","b",1,2,true]},"uniqueItems":true,"minItems":4})",
    R"({"type":"array","items":{"type":"object","properties":{"k":{"enum":[1,12]},"l":{"const":2}},
        "required":["k"],"additionalProperties":false},"uniqueItems":true,"minItems":3})",
    R"({"type":"array","items":{"type":"array","items":{"type":"boolean"},"maxItems":2},
        "uniqueItems":true,"minItems":5})",
    R"({"type":"array","prefixItems":[{"type":"null"}],"contains":{"type":"string"},"minContains":2,
        "maxContains":3,"maxItems":6})",
    R"({"type":"object","patternProperties":{"^a":{"type":"null"},"b$":{"type":["null","integer"]}},
        "additionalProperties":false,"minProperties":2,"maxProperties":4})",
    R"({"type":"object","propertyNames":{"enum":["a","b","ab"]},"minProperties":2})",
    R"({"type":"object","dependentRequired":{"a":["b","c"]},"properties":{"a":{},"b":{},"c":{}},
        "additionalProperties":false,"maxProperties":3})",
    R"({"oneOf":[{"properties":{"a":{"type":"integer"}},"required":["a"]},
        {"properties":{"b":{"type":"integer"}},"required":["b"]}],"type":"object"})",
    R"({"not":{"type":"object","additionalProperties":{"type":"integer"}},"type":"object",
        "maxProperties":2})",
    R"({"anyOf":[{"minimum":10,"multipleOf":7},{"maximum":-3}],"type":"integer"})",
    R"({"$defs":{"t":{"type":"object","properties":{"l":{"$ref":"#/$defs/t"},"v":{"type":"null"}},
        "required":["v"],"additionalProperties":false}},"$ref":"#/$defs/t"})",
    R"({"if":{"properties":{"k":{"const":"a"}}},"then":{"required":["x"]},"else":{"required":["y"]},
        "type":"object","properties":{"k":{"enum":["a","b"]},"x":{"type":"null"},"y":{"type":"null"}},
        "additionalProperties":false})",
    R"({"properties":{"a":{"type":"null"}},"anyOf":[{"properties":{"b":{"type":"null"}}},
        {"required":["a"]}],"unevaluatedProperties":false,"type":"object"})",
};

TEST(SchemaWalks, endInValidDocuments) {
  for (const char* schema : kSchemas) walk(schema, {}, 150);
}

TEST(SchemaWalks, endInValidDocumentsUnderCompletePolicies) {
  for (const char* schema : kSchemas) walk(schema, complete_policy(), 150);
}

}  // namespace
}  // namespace diptych::grammar
