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
    R"({"type":"object","patternProperties":{"^a":{"type":"null"},"^[bc]":{"type":["null","integer"]}},
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
  for (const char* schema : kSchemas) walk(schema, {}, 6);
}

TEST(SchemaWalks, endInValidDocumentsUnderCompletePolicies) {
  for (const char* schema : kSchemas) walk(schema, complete_policy(), 4);
}

// From any state the way home is as long as was said, or shorter. Left out are those where
// several alternatives may be alive: the nearest end is not always seen at once.
TEST(SchemaWalks, canEndWithinTheBytesTold) {
  for (const char* schema : kSchemas) {
    const std::string_view text_of(schema);
    if (text_of.find("\"if\"") != text_of.npos || text_of.find("Of\"") != text_of.npos) continue;
    auto made = machine_of(schema);
    ASSERT_TRUE(made);
    std::mt19937 random(3);
    for (int i = 0; i < 3; ++i) {
      const std::string text = random_document(*made->machine, random, 40);
      MachineState state;
      taken_by(*made->machine, text.substr(0, random() % (text.size() + 1)), state);
      const auto told = made->machine->bytes_to_end(state);
      if (!told) continue;
      std::uint32_t used = 0;
      std::string way;
      while (!made->machine->may_end(state) && used <= *told) {
        const auto byte = byte_towards_end(*made->machine, state);
        ASSERT_TRUE(byte) << schema << " after " << text << " by " << way;
        MachineState to;
        ASSERT_TRUE(made->machine->next(state, *byte, to));
        state = to;
        way += static_cast<char>(*byte);
        ++used;
      }
      EXPECT_LE(used, *told) << schema << " after " << text << " by " << way;
    }
  }
}

}  // namespace
}  // namespace diptych::grammar
