#include "grammar/schema/schema_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "grammar/schema/openai_strict.h"

namespace diptych::grammar {
namespace {

constexpr std::size_t kWarningsMax = 100;

// What needs a neighbour means nothing without it.
void settle_neighbours(SchemaNode& node) {
  if (!node.contains) {
    node.min_contains.reset();
    node.max_contains.reset();
  } else if (!node.min_contains) {
    node.min_contains = 1;
  }
  if (!node.condition) {
    node.then.reset();
    node.otherwise.reset();
  }
}

}  // namespace

SchemaReader::SchemaReader(const CompileOptions& options)
    : options_(options),
      documents_(options),
      deadline_(std::chrono::steady_clock::now() +
                std::chrono::milliseconds(options.limits.compile_ms_max)) {}

Compiled<Schema> SchemaReader::read(std::string_view text) {
  TRY(SchemaPlace root, documents_.load_main(text));
  if (!root.node->is_object() && !std::holds_alternative<bool>(root.node->value)) {
    return std::unexpected(Refusal{
        .code = RefusalCode::kMalformedSchema,
        .keyword = {},
        .pointer = {},
        .message =
            fmt::format("a schema is an object or a boolean; this is {}", kind_of(*root.node)),
        .hint = {},
    });
  }
  if (options_.policy.openai_strict) TRY_STATUS(check_openai_strict(*root.node));
  // Nodes are large: moving them while the table grows would cost as much as reading them. What is
  // reserved and not used is never touched.
  const auto objects = static_cast<std::size_t>(std::ranges::count(text, '{'));
  schema_.nodes.reserve(std::min(objects + 1, options_.limits.nodes_max));
  schema_.root = want(std::move(root));
  TRY_STATUS(read_pending());
  TRY_STATUS(want_dynamic_anchors());
  for (std::size_t i = 0; i < documents_.resource_count(); ++i) {
    schema_.resources.resize(documents_.resource_count());
    schema_.resources[i].uri = documents_.resource(static_cast<ResourceIndex>(i)).uri;
  }
  settle_dynamic_refs();
  TRY_STATUS(check_circles(schema_));
  if (warnings_left_out_ > 0) {
    schema_.warnings.push_back({"", fmt::format("and {} more warnings", warnings_left_out_)});
  }
  return std::move(schema_);
}

SchemaId SchemaReader::want(SchemaPlace place) {
  const auto next = static_cast<SchemaId>(schema_.nodes.size());
  const auto [found, is_new] = ids_.emplace(place.node, next);
  if (!is_new) return found->second;
  schema_.nodes.emplace_back();
  pending_.push_back({next, std::move(place)});
  return next;
}

void SchemaReader::warn(std::string pointer, std::string message) {
  if (schema_.warnings.size() >= kWarningsMax) {
    ++warnings_left_out_;
    return;
  }
  schema_.warnings.push_back({std::move(pointer), std::move(message)});
}

Compiled<Documents::Target> SchemaReader::resolve(const SchemaPlace& from, std::string_view keyword,
                                                  std::string_view reference) {
  return documents_.resolve(from, keyword, reference);
}

Compiled<void> SchemaReader::check_pattern(const std::string& pattern) {
  const std::size_t limit = options_.limits.pattern_bytes_max;
  if (pattern.size() > limit) {
    return std::unexpected(Refusal{
        .code = RefusalCode::kSchemaTooLarge,
        .keyword = {},
        .pointer = {},
        .message = fmt::format("a pattern of {} bytes; the limit is {}", pattern.size(), limit),
        .hint = {},
    });
  }
  if (patterns_.contains(pattern)) return {};
  if (!languages_) languages_ = std::make_unique<Languages>(options_.limits);
  TRY_STATUS(languages_->ecma_pattern(pattern));
  patterns_.insert(pattern);
  return {};
}

const DialectUse& SchemaReader::dialect(const SchemaPlace& place) const {
  return documents_.resource(place.resource).dialect;
}

Compiled<void> SchemaReader::read_pending() {
  while (!pending_.empty()) {
    TRY_STATUS(check_budget());
    Pending next = std::move(pending_.front());
    pending_.pop_front();
    TRY(const SchemaPlace place, documents_.entered(std::move(next.place)));
    TRY(schema_.nodes[next.id], read_node(place));
  }
  return {};
}

Compiled<void> SchemaReader::check_budget() const {
  const Limits& limits = options_.limits;
  const auto too_much = [](RefusalCode code, std::string message) {
    return std::unexpected(Refusal{
        .code = code, .keyword = {}, .pointer = {}, .message = std::move(message), .hint = {}});
  };
  if (schema_.nodes.size() > limits.nodes_max) {
    return too_much(RefusalCode::kSchemaTooLarge,
                    fmt::format("more than {} schemas in one", limits.nodes_max));
  }
  if (options_.stop.stop_requested()) return too_much(RefusalCode::kCompileTimeout, "cancelled");
  constexpr std::size_t kNodesBetweenLooks = 64;
  if (pending_.size() % kNodesBetweenLooks == 0 && std::chrono::steady_clock::now() > deadline_) {
    return too_much(RefusalCode::kCompileTimeout,
                    fmt::format("not read within {} ms", limits.compile_ms_max));
  }
  return {};
}

Compiled<SchemaNode> SchemaReader::read_node(const SchemaPlace& place) {
  SchemaNode node;
  node.pointer = place.pointer;
  node.dialect = documents_.resource(place.resource).dialect.dialect;
  node.resource = place.resource;
  resource_in_use_.resize(documents_.resource_count());
  resource_in_use_[place.resource] = true;
  if (const bool* always = std::get_if<bool>(&place.node->value)) {
    node.never = !*always;
    return node;
  }
  const auto* members = std::get_if<JsonMembers>(&place.node->value);
  if (members == nullptr) return node;  // want() takes schemas only
  const JsonNode* ref = node.dialect <= Dialect::kDraft7 ? place.node->find("$ref") : nullptr;
  const bool ref_alone = ref != nullptr && std::holds_alternative<std::string>(ref->value);
  KeywordReader reader{.sink = *this, .place = place, .node = node};
  for (const auto& [name, value] : *members) {
    reader.keyword = name;
    TRY_STATUS(read_keyword(reader, value, ref_alone && name != "$ref"));
  }
  settle_neighbours(node);
  return node;
}

Compiled<void> SchemaReader::read_keyword(KeywordReader& reader, const JsonNode& value,
                                          bool beside_ref) {
  const KeywordRow* row = find_keyword(reader.keyword);
  if (row == nullptr) return read_unknown(reader);
  if (row->read == nullptr) return {};
  const DialectUse& use = dialect(reader.place);
  if (use.dialect < row->first || use.dialect > row->last) {
    reader.warn(fmt::format("ignored: {} has no {}", name_of(use.dialect), row->name));
  } else if ((use.vocabularies & row->vocabulary) == 0) {
    reader.warn(fmt::format("ignored: the meta-schema leaves out the vocabulary of {}", row->name));
  } else if (beside_ref) {
    reader.warn(fmt::format("ignored: {} takes nothing beside $ref", name_of(use.dialect)));
  } else {
    return row->read(reader, value);
  }
  return {};
}

Compiled<void> SchemaReader::read_unknown(KeywordReader& reader) {
  if (options_.policy.unknown_keywords == UnknownKeywords::kError) {
    return reader.refuse(RefusalCode::kUnsupportedKeyword,
                         fmt::format("{:?} is no keyword of JSON Schema", reader.keyword));
  }
  reader.warn(fmt::format("{:?} is no keyword of JSON Schema: ignored", reader.keyword));
  return {};
}

// Anchors that a dynamic reference may lead to by way of a resource in use; reading them may bring
// further resources into use.
Compiled<void> SchemaReader::want_dynamic_anchors() {
  std::size_t nodes_seen = 0;
  while (nodes_seen < schema_.nodes.size()) {
    std::unordered_set<std::string> names;
    for (const SchemaNode& node : schema_.nodes) {
      if (node.dynamic_ref) names.insert(node.dynamic_ref->anchor);
    }
    nodes_seen = schema_.nodes.size();
    if (names.empty()) return {};
    TRY_STATUS(documents_.index_all());
    schema_.resources.resize(documents_.resource_count());
    resource_in_use_.resize(documents_.resource_count());
    for (std::size_t i = 0; i < documents_.resource_count(); ++i) {
      if (!resource_in_use_[i]) continue;
      SchemaResource& resource = schema_.resources[i];
      resource.dynamic_anchors.clear();
      for (const auto& [name, place] :
           documents_.resource(static_cast<ResourceIndex>(i)).dynamic_anchors) {
        if (names.contains(name)) resource.dynamic_anchors.emplace_back(name, want(place));
      }
    }
    TRY_STATUS(read_pending());
  }
  return {};
}

void SchemaReader::settle_dynamic_refs() {
  std::unordered_map<std::string, std::size_t> counts;
  for (const SchemaResource& resource : schema_.resources) {
    for (const auto& [name, id] : resource.dynamic_anchors) ++counts[name];
  }
  for (SchemaNode& node : schema_.nodes) {
    if (!node.dynamic_ref || counts[node.dynamic_ref->anchor] > 1) continue;
    if (node.ref) {
      node.all_of.push_back(node.dynamic_ref->fallback);
    } else {
      node.ref = node.dynamic_ref->fallback;
    }
    node.dynamic_ref.reset();
  }
}

Compiled<Schema> read_schema(std::string_view text, const CompileOptions& options) {
  return SchemaReader(options).read(text);
}

}  // namespace diptych::grammar
