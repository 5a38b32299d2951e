#pragma once
// Formulas worked out: which values a node has, and whether it has any. Lazily, and once each.

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

#include "grammar/schema/schema.h"
#include "grammar/value/dynamic_scopes.h"
#include "grammar/value/name_classes.h"
#include "grammar/value/value_algebra.h"
#include "grammar/value/value_tables.h"

namespace diptych::grammar {

enum class Verdict : std::uint8_t { kEmpty, kInhabited, kUnknown };  // kUnknown: budget spent

inline Verdict worse(Verdict a, Verdict b) {  // of two things that are both needed
  if (a == Verdict::kEmpty || b == Verdict::kEmpty) return Verdict::kEmpty;
  return a == Verdict::kUnknown ? a : b;
}

class ValueNodes {
 public:
  ValueNodes(std::shared_ptr<const Schema> schema, const Policy& policy, const Limits& limits);

  NodeId root();
  ValueTables& tables() { return tables_; }
  const Limits& limits() const { return limits_; }
  const Policy& policy() const { return policy_; }

  // Stays where it is. Of a node in the middle of being worked out: `unknown`.
  const ValueSet& expand(NodeId node);

  Verdict verdict(NodeId node);
  Verdict array_verdict(ArrayId shape);
  Verdict object_verdict(ObjectId shape);
  bool inhabited(NodeId node) { return verdict(node) == Verdict::kInhabited; }
  Verdict string_verdict(Language language);

  // How many values a node has, at least; saturating at `cap`.
  std::uint64_t count(NodeId node, std::uint64_t cap);

  bool has_endless_names(const ObjectShape& shape, std::uint64_t least);

  // Refuses what could not be worked out later, as far as a short look ahead shows it.
  Compiled<void> survey();
  std::unexpected<Refusal> refuse_unknown(const SchemaNode& node) const;
  std::uint64_t refused_count() const { return refused_ + tables_.languages.refused_count(); }
  std::size_t memory_bytes() const;

 private:
  struct Entry {
    const ValueSet* set = nullptr;
    bool expanding = false, judged = false;
    Verdict verdict = Verdict::kUnknown;
    std::uint32_t depth = 0;  // > 0 while being judged
  };
  struct ShapeEntry {
    bool judged = false;
    Verdict verdict = Verdict::kUnknown;
  };

  Entry& entry(NodeId node);
  ValueSet work_out(NodeId node);
  ValueSet leaf_set(NodeId node, const Leaf& leaf);
  ValueSet row_set(const Leaf& leaf);
  NodeId definition(const Leaf& leaf);
  NodeId row(const Leaf& context, SchemaId id, bool annotated = false);
  NodeId conditional(const SchemaNode& node, const Leaf& context);
  ValueSet own_set(const Leaf& leaf);
  ValueSet typed_set(const SchemaNode& node, const Leaf& leaf);
  Language own_strings(const SchemaNode& node);
  NumberSet own_numbers(const SchemaNode& node) const;
  ArrayShape own_array(const SchemaNode& node, const Leaf& leaf);
  ObjectShape own_object(const SchemaNode& node, const Leaf& leaf);
  void declare_members(const SchemaNode& node, const Leaf& leaf, ObjectShape& shape);
  std::optional<FreeNames> free_names(const SchemaNode& node, const Leaf& leaf);
  Language pattern(const SchemaNode& node, std::string_view text);
  ValueSet constant_set(const JsonNode& value);
  ValueSet listed_set(const std::vector<JsonNode>& values);
  NodeId constant(const JsonNode& value);
  void apply_unevaluated(const SchemaNode& node, const Leaf& leaf, ValueSet& set);
  void forget_annotations(ValueSet& set);
  ValueSet unknown_set(const SchemaNode& node, std::string keyword, std::string message);

  Compiled<void> survey_node(NodeId first, SchemaId id, std::size_t& left);
  Verdict judge(const ValueSet& set);
  bool surely_empty_object(ObjectId id);
  bool surely_empty_array(ArrayId id);

  std::uint64_t count_array(ArrayId id, std::uint64_t cap);
  std::uint64_t count_object(ObjectId id, std::uint64_t cap);

  std::shared_ptr<const Schema> schema_;
  Policy policy_;
  Limits limits_;
  ValueTables tables_;
  ValueAlgebra algebra_;
  DynamicScopes scopes_;
  std::vector<const JsonNode*> constants_;
  std::deque<ValueSet> sets_;
  ValueSet unknown_;
  bool own_failed_ = false;  // a part of the row in hand could not be worked out
  std::vector<Entry> entries_;
  std::vector<ShapeEntry> array_entries_, object_entries_;
  // Judging: how deep, and the shallowest node in the middle of being judged that was met.
  std::uint32_t depth_ = 0, met_ = kNoLimit;
  bool met_expanding_ = false;   // the same, while working out
  bool met_unfinished_ = false;  // a node in the middle of being worked out was met
  std::size_t steps_left_ = 0;
  std::uint32_t count_depth_ = 0, expanding_ = 0;
  std::uint64_t refused_ = 0;
  // The first thing that could not be worked out.
  std::optional<Refusal> problem_;
  std::unordered_set<NodeId> surveyed_;
};

}  // namespace diptych::grammar
