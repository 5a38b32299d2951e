#include "grammar/schema/schema.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace diptych::grammar {
namespace {

Schema read(std::string_view text, const CompileOptions& options = {}) {
  auto schema = read_schema(text, options);
  EXPECT_TRUE(schema) << text << ": " << (schema ? "" : schema.error().message);
  return schema ? std::move(*schema) : Schema{};
}

Refusal refusal(std::string_view text, const CompileOptions& options = {}) {
  auto schema = read_schema(text, options);
  EXPECT_FALSE(schema) << text;
  return schema ? Refusal{} : std::move(schema).error();
}

const SchemaNode& root(const Schema& schema) { return schema.nodes[schema.root]; }

bool warns(const Schema& schema, std::string_view pointer, std::string_view part) {
  return std::ranges::any_of(schema.warnings, [&](const Warning& warning) {
    return warning.param == pointer && warning.message.find(part) != std::string::npos;
  });
}

TEST(ReadSchema, TypesEveryKeyword) {
  const Schema schema = read(R"({
    "type": ["object", "integer"], "minimum": 1.5, "multipleOf": 0.5, "maxLength": 1e2,
    "pattern": "^a", "format": "date", "minItems": 2.0, "uniqueItems": true,
    "properties": {"z": {"type": "null"}, "a": false}, "required": ["z", "a", "z"],
    "enum": [1, {"k": []}], "const": null, "contains": true, "dependentRequired": {"a": ["z"]}})");
  const SchemaNode& node = root(schema);
  EXPECT_EQ(node.types->bits, TypeSet::kObject | TypeSet::kInteger);
  EXPECT_EQ(to_string(*node.number.minimum), "1.5");
  EXPECT_EQ(to_string(*node.number.multiple_of), "0.5");
  EXPECT_EQ(node.max_length, 100);
  EXPECT_EQ(node.min_items, 2);
  EXPECT_TRUE(node.unique_items);
  EXPECT_EQ(node.pattern, "^a");
  EXPECT_EQ(node.format, "date");
  EXPECT_EQ(node.required, (std::vector<std::string>{"z", "a"}));
  ASSERT_EQ(node.properties.size(), 2);
  EXPECT_EQ(node.properties[0].first, "z");
  EXPECT_EQ(schema.nodes[node.properties[0].second].pointer, "/properties/z");
  EXPECT_TRUE(schema.nodes[node.properties[1].second].never);
  EXPECT_EQ(node.enumeration->size(), 2);
  EXPECT_TRUE(node.constant);
  EXPECT_EQ(node.min_contains, 1);
  EXPECT_EQ(node.dependent_required[0].second, std::vector<std::string>{"z"});
  EXPECT_TRUE(schema.warnings.empty());
}

TEST(ReadSchema, RefusesMalformedValuesWithTheirPlace) {
  const struct {
    const char *text, *keyword, *pointer;
  } cases[] = {
      {R"({"properties":{"a~b/c":{"required":true}}})", "required", "/properties/a~0b~1c/required"},
      {R"({"maxLength":-1})", "maxLength", "/maxLength"},
      {R"({"maxLength":1.5})", "maxLength", "/maxLength"},
      {R"({"type":"any"})", "type", "/type"},
      {R"({"type":[]})", "type", "/type"},
      {R"({"multipleOf":0})", "multipleOf", "/multipleOf"},
      {R"({"allOf":[]})", "allOf", "/allOf"},
      {R"({"anyOf":{}})", "anyOf", "/anyOf"},
      {R"({"oneOf":[1]})", "oneOf", "/oneOf"},
      {R"({"properties":[]})", "properties", "/properties"},
      {R"({"items":"x"})", "items", "/items"},
      {R"({"enum":1})", "enum", "/enum"},
      {R"({"$ref":1})", "$ref", "/$ref"},
      {R"({"$schema":1})", "$schema", "/$schema"},
      {R"({"uniqueItems":"yes"})", "uniqueItems", "/uniqueItems"},
      {R"({"prefixItems":[true],"items":[true]})", "items", "/items"},
      {R"({"dependentRequired":{"a":true}})", "dependentRequired", "/dependentRequired"},
  };
  for (const auto& row : cases) {
    const Refusal refused = refusal(row.text);
    EXPECT_EQ(refused.code, RefusalCode::kMalformedSchema) << row.text;
    EXPECT_EQ(refused.keyword, row.keyword) << row.text;
    EXPECT_EQ(refused.pointer, row.pointer) << row.text;
  }
  EXPECT_EQ(refusal("1").code, RefusalCode::kMalformedSchema);
  EXPECT_EQ(refusal("{").code, RefusalCode::kMalformedSchema);
}

TEST(ReadSchema, FollowsReferences) {
  const Schema schema = read(R"({
    "$id": "http://x/base/", "$defs": {
      "a": {"$id": "a.json", "$defs": {"in": {"$anchor": "here", "type": "null"}}},
      "b": {"type": "array", "items": {"$ref": "#"}}},
    "properties": {
      "pointer": {"$ref": "#/$defs/b"}, "anchor": {"$ref": "a.json#here"},
      "through": {"$ref": "#/$defs/a/$defs/in"}, "far": {"$ref": "http://x/base/a.json"}}})");
  const auto target = [&](std::size_t i) -> const SchemaNode& {
    return schema.nodes[*schema.nodes[root(schema).properties[i].second].ref];
  };
  EXPECT_EQ(target(0).pointer, "/$defs/b");
  EXPECT_EQ(target(1).pointer, "/$defs/a/$defs/in");
  EXPECT_EQ(&target(2), &target(1));
  EXPECT_EQ(target(3).pointer, "/$defs/a");
  EXPECT_EQ(schema.resources[target(1).resource].uri, "http://x/base/a.json");
  EXPECT_EQ(*schema.nodes[*target(0).items].ref, schema.root);
}

TEST(ReadSchema, RefusesReferencesThatLeadNowhere) {
  for (const auto* text : {R"({"$ref":"#/$defs/x"})", R"({"$ref":"#x"})",
                           R"({"$ref":"http://x/y"})", R"({"$ref":"#/type","type":"null"})",
                           R"({"$ref":"#"})", R"({"anyOf":[{"not":{"$ref":"#"}}]})"}) {
    EXPECT_EQ(refusal(text).code, RefusalCode::kUnresolvableRef) << text;
  }
}

TEST(ReadSchema, ReadsTheRegistryAndTheMetaSchemas) {
  const SchemaDocument documents[] = {{"http://x/other.json", R"({"$defs":{"a":{"const":1}}})"}};
  const Schema schema = read(R"({"$ref":"http://x/other.json#/$defs/a"})", {.registry = documents});
  EXPECT_EQ(schema.nodes[*root(schema).ref].pointer, "http://x/other.json#/$defs/a");
  for (const auto* uri :
       {"http://json-schema.org/draft-04/schema#", "http://json-schema.org/draft-06/schema#",
        "http://json-schema.org/draft-07/schema", "https://json-schema.org/draft/2019-09/schema",
        "https://json-schema.org/draft/2020-12/schema"}) {
    const Schema meta = read("{\"$ref\":\"" + std::string(uri) + "\"}");
    EXPECT_GT(meta.nodes.size(), 20) << uri;
    EXPECT_TRUE(meta.warnings.empty()) << uri << meta.warnings[0].param << meta.warnings[0].message;
  }
}

TEST(ReadSchema, SpeaksTheDialectThatIsNamed) {
  const Schema four = read(R"({"$schema":"http://json-schema.org/draft-04/schema#",
    "minimum":1,"exclusiveMinimum":true,"const":2,"items":[{}],"additionalItems":false})");
  EXPECT_EQ(root(four).dialect, Dialect::kDraft4);
  EXPECT_TRUE(root(four).number.exclusive_minimum);
  EXPECT_FALSE(root(four).constant);
  EXPECT_TRUE(warns(four, "/const", "draft-04"));
  EXPECT_EQ(root(four).prefix_items.size(), 1);
  EXPECT_TRUE(four.nodes[*root(four).items].never);
  const Schema seven = read(R"({"$schema":"http://json-schema.org/draft-07/schema#",
    "properties":{"a":{"$ref":"#/definitions/d","minimum":1}},"definitions":{"d":{}}})");
  const SchemaNode& property = seven.nodes[root(seven).properties[0].second];
  EXPECT_FALSE(property.number.minimum);
  EXPECT_TRUE(warns(seven, "/properties/a/minimum", "$ref"));
  EXPECT_EQ(refusal(R"({"$schema":"http://json-schema.org/draft-03/schema#"})").code,
            RefusalCode::kUnsupportedDialect);
}

TEST(ReadSchema, LeavesOutVocabulariesThatAMetaSchemaLeavesOut) {
  const SchemaDocument documents[] = {
      {"http://x/meta", R"({"$id":"http://x/meta","$schema":"http://x/meta","$vocabulary":{
        "https://json-schema.org/draft/2020-12/vocab/core":true,
        "https://json-schema.org/draft/2020-12/vocab/applicator":true,"http://x/opt":false}})"},
      {"http://x/strange", R"({"$id":"http://x/strange","$vocabulary":{"http://x/v":true}})"}};
  const Schema schema =
      read(R"({"$schema":"http://x/meta","minimum":1,"properties":{}})", {.registry = documents});
  EXPECT_FALSE(root(schema).number.minimum);
  EXPECT_TRUE(warns(schema, "/minimum", "vocabulary"));
  EXPECT_EQ(refusal(R"({"$schema":"http://x/strange"})", {.registry = documents}).code,
            RefusalCode::kUnsupportedDialect);
}

TEST(ReadSchema, WarnsOfWhatAssertsNothing) {
  constexpr std::string_view kText =
      R"({"foo":1,"nullable":true,"format":"color","properties":{"p":{"discriminator":{}}}})";
  const Schema schema = read(kText);
  EXPECT_TRUE(warns(schema, "/foo", "no keyword"));
  EXPECT_TRUE(warns(schema, "/nullable", "OpenAPI"));
  EXPECT_TRUE(warns(schema, "/format", "color"));
  EXPECT_TRUE(warns(schema, "/properties/p/discriminator", "OpenAPI"));
  EXPECT_EQ(refusal(kText, {.policy = {.unknown_keywords = UnknownKeywords::kError}}).keyword,
            "foo");
  EXPECT_EQ(refusal(R"({"format":"iri"})").code, RefusalCode::kUnsupportedKeyword);
  EXPECT_TRUE(
      read(R"({"format":"iri"})", {.policy = {.formats = Formats::kAnnotate}}).warnings.empty());
}

TEST(ReadSchema, JoinsDynamicReferencesThatCanLeadToOnePlaceOnly) {
  const Schema schema = read(R"({"$id":"http://x/tree","$dynamicAnchor":"node","properties":{
    "children":{"items":{"$dynamicRef":"#node"}}}})");
  const SchemaNode& children = schema.nodes[root(schema).properties[0].second];
  EXPECT_EQ(schema.nodes[*children.items].ref, schema.root);
  const Schema strict = read(R"({"$id":"http://x/strict","$dynamicAnchor":"node","$ref":"tree",
    "$defs":{"t":{"$id":"tree","$dynamicAnchor":"node","items":{"$dynamicRef":"#node"}}}})");
  const SchemaNode& tree = strict.nodes[*root(strict).ref];
  const SchemaNode& item = strict.nodes[*tree.items];
  ASSERT_TRUE(item.dynamic_ref);
  EXPECT_EQ(item.dynamic_ref->anchor, "node");
  EXPECT_EQ(strict.resources[root(strict).resource].dynamic_anchors[0].second, strict.root);
}

TEST(ReadSchema, RefusesPatternsThatCannotBeEnforced) {
  const Refusal refused = refusal(R"({"properties":{"a":{"pattern":"(a)\\1"}}})");
  EXPECT_EQ(refused.code, RefusalCode::kUnsupportedRegex);
  EXPECT_EQ(refused.pointer, "/properties/a/pattern");
  EXPECT_EQ(refusal(R"({"patternProperties":{"(":true}})").keyword, "patternProperties");
}

TEST(ReadSchema, KeepsItsLimits) {
  EXPECT_EQ(refusal(R"({"anyOf":[{},{},{}]})", {.limits = {.alternatives_max = 2}}).code,
            RefusalCode::kTooManyAlternatives);
  EXPECT_EQ(refusal(R"({"anyOf":[{},{},{}]})", {.limits = {.nodes_max = 3}}).code,
            RefusalCode::kSchemaTooLarge);
  EXPECT_EQ(refusal(R"({"pattern":"aaaa"})", {.limits = {.pattern_bytes_max = 3}}).code,
            RefusalCode::kSchemaTooLarge);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(refusal("{}", {.stop = stop.get_token()}).code, RefusalCode::kCompileTimeout);
}

}  // namespace
}  // namespace diptych::grammar
