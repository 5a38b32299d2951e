// $ref, $dynamicRef, $recursiveRef.
#include "grammar/schema/keywords.h"

namespace diptych::grammar::keywords {
namespace {

Compiled<Documents::Target> read_target(KeywordReader& reader, const JsonNode& value) {
  TRY(const std::string reference, reader.text(value));
  TRY(Documents::Target target, reader.sink.resolve(reader.place, reader.keyword, reference));
  const JsonNode& node = *target.place.node;
  if (!node.is_object() && !std::holds_alternative<bool>(node.value)) {
    return reader.refuse(
        RefusalCode::kUnresolvableRef,
        std::string("leads to ").append(kind_of(node)).append(", not to a schema"));
  }
  return target;
}

// A second reference in one schema holds as well as the first.
void add_reference(SchemaNode& node, SchemaId target) {
  if (!node.ref) {
    node.ref = target;
  } else {
    node.all_of.push_back(target);
  }
}

}  // namespace

Compiled<void> read_ref(KeywordReader& reader, const JsonNode& value) {
  TRY(Documents::Target target, read_target(reader, value));
  add_reference(reader.node, reader.sink.want(std::move(target.place)));
  return {};
}

Compiled<void> read_dynamic_ref(KeywordReader& reader, const JsonNode& value) {
  TRY(Documents::Target target, read_target(reader, value));
  const SchemaId id = reader.sink.want(std::move(target.place));
  if (target.dynamic_anchor.empty()) {
    add_reference(reader.node, id);
  } else {
    reader.node.dynamic_ref = SchemaNode::DynamicRef{id, std::move(target.dynamic_anchor)};
  }
  return {};
}

Compiled<void> read_recursive_ref(KeywordReader& reader, const JsonNode& value) {
  TRY(Documents::Target target, read_target(reader, value));
  const JsonNode* anchor = target.place.node->find("$recursiveAnchor");
  const bool* is_dynamic = anchor == nullptr ? nullptr : std::get_if<bool>(&anchor->value);
  const SchemaId id = reader.sink.want(std::move(target.place));
  if (is_dynamic != nullptr && *is_dynamic) {
    reader.node.dynamic_ref = SchemaNode::DynamicRef{id, ""};
  } else {
    add_reference(reader.node, id);
  }
  return {};
}

}  // namespace diptych::grammar::keywords
