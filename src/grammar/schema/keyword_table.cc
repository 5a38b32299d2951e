#include "grammar/schema/keyword_table.h"

#include <algorithm>
#include <array>

#include "grammar/schema/keywords.h"

namespace diptych::grammar {
namespace {

using namespace keywords;
using Node = SchemaNode;
using Bounds = SchemaNode::NumberBounds;
using enum Dialect;
using enum Holds;

constexpr Dialect kLast = k2020;
constexpr Vocabularies kCore = Vocabulary::kCore, kApplicator = Vocabulary::kApplicator,
                       kUnevaluated = Vocabulary::kUnevaluated,
                       kAssertion = Vocabulary::kValidation, kMetaData = Vocabulary::kMetaData,
                       kContent = Vocabulary::kContent;

// In the order of their names. Where a draft renamed a keyword, the old name goes on being read as
// long as it cannot mean anything else: definitions, dependencies, additionalItems beside a list.
constexpr auto kKeywords = std::to_array<KeywordRow>({
    {"$anchor", k2019, kLast, kCore, kNothing, nullptr},
    {"$comment", kDraft4, kLast, kCore, kNothing, nullptr},
    {"$defs", kDraft4, kLast, kCore, kMap, nullptr},
    {"$dynamicAnchor", k2020, kLast, kCore, kNothing, nullptr},
    {"$dynamicRef", k2020, kLast, kCore, kNothing, read_dynamic_ref},
    {"$id", kDraft4, kLast, kCore, kNothing, nullptr},
    {"$recursiveAnchor", k2019, k2019, kCore, kNothing, nullptr},
    {"$recursiveRef", k2019, k2019, kCore, kNothing, read_recursive_ref},
    {"$ref", kDraft4, kLast, kCore, kNothing, read_ref},
    {"$schema", kDraft4, kLast, kCore, kNothing, nullptr},
    {"$vocabulary", k2019, kLast, kCore, kNothing, nullptr},
    {"additionalItems", kDraft4, kLast, kApplicator, kSchema, read_additional_items},
    {"additionalProperties", kDraft4, kLast, kApplicator, kSchema,
     read_schema_in<&Node::additional_properties>},
    {"allOf", kDraft4, kLast, kApplicator, kList, read_schemas<&Node::all_of>},
    {"anyOf", kDraft4, kLast, kApplicator, kList, read_schemas<&Node::any_of>},
    {"const", kDraft6, kLast, kAssertion, kNothing, read_const},
    {"contains", kDraft6, kLast, kApplicator, kSchema, read_schema_in<&Node::contains>},
    {"contentEncoding", kDraft4, kLast, kContent, kNothing, nullptr},
    {"contentMediaType", kDraft4, kLast, kContent, kNothing, nullptr},
    {"contentSchema", k2019, kLast, kContent, kSchema, nullptr},
    {"default", kDraft4, kLast, kMetaData, kNothing, nullptr},
    {"definitions", kDraft4, kLast, kCore, kMap, nullptr},
    {"dependencies", kDraft4, kLast, kApplicator, kMap, read_dependencies},
    {"dependentRequired", k2019, kLast, kAssertion, kNothing, read_dependent_required},
    {"dependentSchemas", k2019, kLast, kApplicator, kMap,
     read_schema_map<&Node::dependent_schemas>},
    {"deprecated", kDraft4, kLast, kMetaData, kNothing, nullptr},
    {"description", kDraft4, kLast, kMetaData, kNothing, nullptr},
    {"discriminator", kDraft4, kLast, kMetaData, kNothing, read_openapi},
    {"else", kDraft7, kLast, kApplicator, kSchema, read_schema_in<&Node::otherwise>},
    {"enum", kDraft4, kLast, kAssertion, kNothing, read_enum},
    {"example", kDraft4, kLast, kMetaData, kNothing, read_openapi},
    {"examples", kDraft4, kLast, kMetaData, kNothing, nullptr},
    {"exclusiveMaximum", kDraft4, kLast, kAssertion, kNothing, read_exclusive_maximum},
    {"exclusiveMinimum", kDraft4, kLast, kAssertion, kNothing, read_exclusive_minimum},
    {"format", kDraft4, kLast, Vocabulary::kFormat, kNothing, read_format},
    {"id", kDraft4, kDraft4, kCore, kNothing, nullptr},
    {"if", kDraft7, kLast, kApplicator, kSchema, read_schema_in<&Node::condition>},
    {"items", kDraft4, kLast, kApplicator, kSchemaOrList, read_items},
    {"maxContains", k2019, kLast, kAssertion, kNothing, read_count<&Node::max_contains>},
    {"maxItems", kDraft4, kLast, kAssertion, kNothing, read_count<&Node::max_items>},
    {"maxLength", kDraft4, kLast, kAssertion, kNothing, read_count<&Node::max_length>},
    {"maxProperties", kDraft4, kLast, kAssertion, kNothing, read_count<&Node::max_properties>},
    {"maximum", kDraft4, kLast, kAssertion, kNothing, read_bound<&Bounds::maximum>},
    {"minContains", k2019, kLast, kAssertion, kNothing, read_count<&Node::min_contains>},
    {"minItems", kDraft4, kLast, kAssertion, kNothing, read_count<&Node::min_items>},
    {"minLength", kDraft4, kLast, kAssertion, kNothing, read_count<&Node::min_length>},
    {"minProperties", kDraft4, kLast, kAssertion, kNothing, read_count<&Node::min_properties>},
    {"minimum", kDraft4, kLast, kAssertion, kNothing, read_bound<&Bounds::minimum>},
    {"multipleOf", kDraft4, kLast, kAssertion, kNothing, read_multiple_of},
    {"not", kDraft4, kLast, kApplicator, kSchema, read_schema_in<&Node::negated>},
    {"nullable", kDraft4, kLast, kMetaData, kNothing, read_openapi},
    {"oneOf", kDraft4, kLast, kApplicator, kList, read_schemas<&Node::one_of>},
    {"pattern", kDraft4, kLast, kAssertion, kNothing, read_pattern},
    {"patternProperties", kDraft4, kLast, kApplicator, kMap, read_pattern_properties},
    {"prefixItems", k2020, kLast, kApplicator, kList, read_schemas<&Node::prefix_items>},
    {"properties", kDraft4, kLast, kApplicator, kMap, read_schema_map<&Node::properties>},
    {"propertyNames", kDraft6, kLast, kApplicator, kSchema, read_schema_in<&Node::property_names>},
    {"readOnly", kDraft4, kLast, kMetaData, kNothing, nullptr},
    {"required", kDraft4, kLast, kAssertion, kNothing, read_required},
    {"then", kDraft7, kLast, kApplicator, kSchema, read_schema_in<&Node::then>},
    {"title", kDraft4, kLast, kMetaData, kNothing, nullptr},
    {"type", kDraft4, kLast, kAssertion, kNothing, read_type},
    {"unevaluatedItems", k2019, kLast, kUnevaluated, kSchema,
     read_schema_in<&Node::unevaluated_items>},
    {"unevaluatedProperties", k2019, kLast, kUnevaluated, kSchema,
     read_schema_in<&Node::unevaluated_properties>},
    {"uniqueItems", kDraft4, kLast, kAssertion, kNothing, read_unique_items},
    {"writeOnly", kDraft4, kLast, kMetaData, kNothing, nullptr},
});
static_assert(std::ranges::is_sorted(kKeywords, {}, &KeywordRow::name));

}  // namespace

const KeywordRow* find_keyword(std::string_view name) {
  const auto row = std::ranges::lower_bound(kKeywords, name, {}, &KeywordRow::name);
  return row != kKeywords.end() && row->name == name ? &*row : nullptr;
}

}  // namespace diptych::grammar
