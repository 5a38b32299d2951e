#include <vector>

#include "grammar/schema/schema_reader.h"

namespace diptych::grammar {
namespace {

// Schemas that judge the very value that this one judges.
std::vector<SchemaId> in_place(const SchemaNode& node) {
  std::vector<SchemaId> ids;
  for (const auto* list : {&node.all_of, &node.any_of, &node.one_of}) {
    ids.insert(ids.end(), list->begin(), list->end());
  }
  for (const auto& one : {node.ref, node.negated, node.condition, node.then, node.otherwise}) {
    if (one) ids.push_back(*one);
  }
  for (const auto& [name, id] : node.dependent_schemas) ids.push_back(id);
  return ids;
}

enum class Mark : std::uint8_t { kNew, kOpen, kDone };

}  // namespace

Compiled<void> check_circles(const Schema& schema) {
  struct Step {
    SchemaId id;
    std::vector<SchemaId> left;
  };
  std::vector<Mark> marks(schema.nodes.size(), Mark::kNew);
  std::vector<Step> path;
  for (SchemaId first = 0; first < schema.nodes.size(); ++first) {
    if (marks[first] != Mark::kNew) continue;
    marks[first] = Mark::kOpen;
    path.push_back({first, in_place(schema.nodes[first])});
    while (!path.empty()) {
      Step& step = path.back();
      if (step.left.empty()) {
        marks[step.id] = Mark::kDone;
        path.pop_back();
        continue;
      }
      const SchemaId next = step.left.back();
      step.left.pop_back();
      if (marks[next] == Mark::kOpen) {
        return std::unexpected(Refusal{
            .code = RefusalCode::kUnresolvableRef,
            .keyword = "$ref",
            .pointer = schema.nodes[step.id].pointer,
            .message = "leads back to itself without going into the value",
            .hint = "refer to another schema from inside properties or items",
        });
      }
      if (marks[next] == Mark::kDone) continue;
      marks[next] = Mark::kOpen;
      path.push_back({next, in_place(schema.nodes[next])});
    }
  }
  return {};
}

}  // namespace diptych::grammar
