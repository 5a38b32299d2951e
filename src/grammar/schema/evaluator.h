#pragma once
// Judges one value by one schema, as the specification reads: no automata, no sharing with the
// machine. One evaluator may judge many values; not thread-safe.

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "grammar/schema/schema.h"
#include "grammar/schema/text_judge.h"

namespace diptych::grammar {

class Evaluator {
 public:
  explicit Evaluator(const Schema& schema);
  std::optional<Violation> judge(const JsonNode& value);

 private:
  using Items = std::vector<JsonNode>;
  // Which members or items of one value some successful schema has looked at: for unevaluated*.
  using Seen = std::vector<bool>;

  // One schema at one value. `seen` is the caller's, to be added to when the value holds; empty
  // when nothing asks for it.
  struct Visit {
    const SchemaNode& node;
    SchemaId id;
    const JsonNode& value;
    Seen seen;  // members or items, by index
  };

  bool holds(SchemaId id, const JsonNode& value, Seen* seen = nullptr);
  bool holds_quietly(SchemaId id, const JsonNode& value, Seen* seen = nullptr);
  bool holds_below(SchemaId id, const JsonNode& value, std::string_view token);
  bool fails(const SchemaNode& node, std::string_view keyword);

  bool type_holds(const Visit& visit);
  bool values_hold(Visit& visit);
  bool number_holds(const Visit& visit, const JsonNode::Number& number);
  bool string_holds(const Visit& visit, const std::string& text);
  bool array_holds(Visit& visit, const Items& items);
  bool items_hold(Visit& visit, const Items& items);
  bool contains_holds(Visit& visit, const Items& items);
  bool object_holds(Visit& visit, const JsonMembers& members);
  bool names_hold(const Visit& visit, const JsonMembers& members);
  bool member_holds(Visit& visit, const JsonMembers& members, std::size_t index);
  bool dependencies_hold(Visit& visit);
  bool references_hold(Visit& visit);
  bool logic_holds(Visit& visit);
  bool alternatives_hold(Visit& visit);
  bool condition_holds(Visit& visit);
  bool unevaluated_holds(Visit& visit);

  bool in_place(Visit& visit, SchemaId id);
  SchemaId dynamic_target(const SchemaNode::DynamicRef& reference) const;
  const SchemaId* find_property(const Visit& visit, const std::string& name);
  bool is_listed(const Visit& visit);

  const Schema& schema_;
  TextJudge texts_;
  bool tracks_ = false;               // the schema has an unevaluated*
  std::vector<std::uint32_t> scope_;  // resources entered, outermost first
  std::vector<std::string_view> path_;
  int depth_ = 0, quiet_ = 0;
  std::optional<Violation> violation_;
  std::unordered_map<SchemaId, std::unordered_map<std::string_view, SchemaId>> large_properties_;
  std::unordered_map<SchemaId, std::unordered_set<std::string>> large_enums_;
};

}  // namespace diptych::grammar
