#include "grammar/schema/documents.h"

#include <fmt/format.h>

#include <algorithm>

#include "grammar/schema/meta_schemas.h"
#include "grammar/schema/uri.h"

namespace diptych::grammar {
namespace {

std::unexpected<Refusal> refuse(RefusalCode code, std::string_view keyword, std::string pointer,
                                std::string message, std::string hint = {}) {
  return std::unexpected(Refusal{.code = code,
                                 .keyword = std::string(keyword),
                                 .pointer = std::move(pointer),
                                 .message = std::move(message),
                                 .hint = std::move(hint)});
}

const std::string* find_text(const JsonNode& node, std::string_view name) {
  const JsonNode* member = node.find(name);
  return member == nullptr ? nullptr : std::get_if<std::string>(&member->value);
}

// The identifier that counts in this dialect. Up to draft 7 nothing beside $ref does.
const std::string* find_id(const JsonNode& node, Dialect dialect) {
  if (dialect <= Dialect::kDraft7 && find_text(node, "$ref") != nullptr) return nullptr;
  return find_text(node, dialect == Dialect::kDraft4 ? "id" : "$id");
}

void append_subschemas(const JsonNode& value, Holds holds, const SchemaPlace& at,
                       std::vector<SchemaPlace>& out) {
  const auto* members = std::get_if<JsonMembers>(&value.value);
  const auto* items = std::get_if<std::vector<JsonNode>>(&value.value);
  if (holds == Holds::kMap && members != nullptr) {
    for (const auto& [name, member] : *members) {
      if (member.is_object())
        out.push_back({&member, at.resource, at.pointer + pointer_token(name)});
    }
  } else if ((holds == Holds::kList || holds == Holds::kSchemaOrList) && items != nullptr) {
    for (std::size_t i = 0; i < items->size(); ++i) {
      out.push_back({&(*items)[i], at.resource, fmt::format("{}/{}", at.pointer, i)});
    }
  } else if ((holds == Holds::kSchema || holds == Holds::kSchemaOrList) && members != nullptr) {
    out.push_back({&value, at.resource, at.pointer});
  }
}

Holds after_step(Holds at, const JsonNode& node, std::string_view token) {
  const KeywordRow* row = at == Holds::kSchema ? find_keyword(token) : nullptr;
  switch (at) {
    case Holds::kSchema:
      if (row == nullptr) return Holds::kNothing;
      if (row->holds != Holds::kSchemaOrList) return row->holds;
      return node.is_object() ? Holds::kSchema : Holds::kList;
    case Holds::kList:
    case Holds::kMap:
      return Holds::kSchema;
    default:
      return Holds::kNothing;
  }
}

const JsonNode* step(const JsonNode& from, const std::string& token) {
  const auto* items = std::get_if<std::vector<JsonNode>>(&from.value);
  if (items == nullptr) return from.find(token);
  const bool is_index = !token.empty() && token.size() <= 7 &&
                        token.find_first_not_of("0123456789") == std::string::npos &&
                        (token.size() == 1 || token[0] != '0');
  if (!is_index) return nullptr;
  const auto index = static_cast<std::size_t>(std::stoul(token));
  return index < items->size() ? &(*items)[index] : nullptr;
}

std::string unescaped(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    const bool escape =
        token[i] == '~' && i + 1 < token.size() && (token[i + 1] == '0' || token[i + 1] == '1');
    if (escape) ++i;
    out += escape ? (token[i] == '0' ? '~' : '/') : token[i];
  }
  return out;
}

const SchemaPlace* find_anchor(const std::vector<std::pair<std::string, SchemaPlace>>& anchors,
                               std::string_view name) {
  const auto found = std::ranges::find(anchors, name, &std::pair<std::string, SchemaPlace>::first);
  return found == anchors.end() ? nullptr : &found->second;
}

}  // namespace

std::string pointer_token(std::string_view name) {
  std::string out = "/";
  for (const char c : name) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

Compiled<SchemaPlace> Documents::load_main(std::string_view text) {
  TRY(const ResourceIndex resource, load("", text, DialectUse{}));
  return resources_[resource].root;
}

Compiled<ResourceIndex> Documents::load(std::string_view uri, std::string_view text,
                                        const DialectUse& usual) {
  auto root = read_json(text, {.depth_max = options_.limits.depth_max,
                               .bytes_max = options_.limits.source_bytes_max});
  if (!root) {
    root.error().pointer = uri;
    return std::unexpected(std::move(root).error());
  }
  auto document = std::make_unique<Document>();
  document->prefix = uri.empty() ? "" : std::string(uri) + "#";
  document->root = std::move(*root);
  document->indexed = true;  // until it has a resource to index
  documents_.push_back(std::move(document));
  Document& kept = *documents_.back();
  TRY(const DialectUse dialect, dialect_of(kept.root, usual, kept.prefix));
  SchemaPlace place{&kept.root, 0, kept.prefix};
  const std::string* id = find_id(kept.root, dialect.dialect);
  std::string own_uri(uri);
  if (id != nullptr) own_uri = split_fragment(resolve_uri(uri, *id)).uri;
  TRY(kept.resource, open_resource(own_uri, std::move(place)));
  resources_[kept.resource].dialect = dialect;
  by_uri_.emplace(uri, kept.resource);
  kept.indexed = false;
  return kept.resource;
}

Compiled<DialectUse> Documents::dialect_of(const JsonNode& root, const DialectUse& usual,
                                           const std::string& pointer) {
  const JsonNode* member = root.find("$schema");
  if (member == nullptr) return usual;
  const auto* uri = std::get_if<std::string>(&member->value);
  if (uri == nullptr) {
    return refuse(RefusalCode::kMalformedSchema, "$schema", pointer + "/$schema",
                  "$schema is the URI of a meta-schema, in quotes");
  }
  return own_dialect(*uri, usual, pointer);
}

Compiled<DialectUse> Documents::own_dialect(const std::string& schema_uri, const DialectUse& usual,
                                            const std::string& pointer) {
  if (const auto dialect = find_dialect(schema_uri)) return DialectUse{.dialect = *dialect};
  const std::string uri = split_fragment(schema_uri).uri;
  if (std::ranges::find(loading_, uri) != loading_.end()) return usual;
  loading_.push_back(uri);
  TRY(const ResourceIndex* found, find_or_load(uri, SchemaPlace{}));
  if (found == nullptr) {
    return refuse(
        RefusalCode::kUnsupportedDialect, "$schema", pointer + "/$schema",
        fmt::format("the dialect {:?} is not known here", schema_uri),
        "draft-04, 06, 07, 2019-09 and 2020-12 are; another meta-schema must be in the registry");
  }
  loading_.pop_back();
  const IdentifiedResource& meta = resources_[*found];
  const JsonNode* vocabulary = meta.root.node->find("$vocabulary");
  if (vocabulary == nullptr || !vocabulary->is_object()) return meta.dialect;
  const auto use = restrict_dialect(std::get<JsonMembers>(vocabulary->value), meta.dialect.dialect);
  if (use) return *use;
  return refuse(RefusalCode::kUnsupportedDialect, "$schema", pointer + "/$schema",
                fmt::format("{:?} requires the vocabulary {:?}, which is not known here",
                            schema_uri, use.error()));
}

Compiled<ResourceIndex> Documents::open_resource(std::string uri, SchemaPlace root) {
  const auto index = static_cast<ResourceIndex>(resources_.size());
  root.resource = index;
  by_root_.emplace(root.node, index);
  by_uri_.emplace(uri, index);  // the first of a name keeps it
  resources_.push_back({.uri = std::move(uri),
                        .root = std::move(root),
                        .dialect = {},
                        .anchors = {},
                        .dynamic_anchors = {}});
  return index;
}

Compiled<SchemaPlace> Documents::entered(SchemaPlace place) {
  if (const auto found = by_root_.find(place.node); found != by_root_.end()) {
    place.resource = found->second;
    return place;
  }
  if (!place.node->is_object()) return place;
  DialectUse dialect = resources_[place.resource].dialect;
  const std::string* id = find_id(*place.node, dialect.dialect);
  if (id == nullptr) return place;
  const SplitUri split = split_fragment(*id);
  if (split.uri.empty() && dialect.dialect <= Dialect::kDraft7) return place;  // an anchor only
  if (!split.fragment.empty() && dialect.dialect >= Dialect::k2019) {
    return refuse(RefusalCode::kMalformedSchema, "$id", place.pointer + "/$id",
                  fmt::format("{:?} has a fragment", *id), "name places with $anchor");
  }
  if (const std::string* schema = find_text(*place.node, "$schema")) {
    TRY(dialect, own_dialect(*schema, dialect, place.pointer));
  }
  TRY(place.resource, open_resource(resolve_uri(resources_[place.resource].uri, split.uri), place));
  resources_[place.resource].dialect = dialect;
  return place;
}

const ResourceIndex* Documents::find_resource(const std::string& uri) const {
  const auto found = by_uri_.find(uri);
  return found == by_uri_.end() ? nullptr : &found->second;
}

Compiled<const ResourceIndex*> Documents::find_or_load(const std::string& uri,
                                                       const SchemaPlace& from) {
  if (const auto* found = find_resource(uri)) return found;
  const DialectUse usual =
      from.resource < resources_.size() ? resources_[from.resource].dialect : DialectUse{};
  TRY_STATUS(index_all());
  if (const auto* found = find_resource(uri)) return found;
  for (const SchemaDocument& document : options_.registry) {
    if (split_fragment(document.uri).uri != uri) continue;
    TRY_STATUS(load(uri, document.text, usual));
    return find_resource(uri);
  }
  if (const MetaSchema* meta = find_meta_schema(uri)) {
    TRY_STATUS(load(uri, meta->text, usual));
    return find_resource(uri);
  }
  // Last: a document of the registry may have a part of this name.
  for (const SchemaDocument& document : options_.registry) {
    const std::string document_uri = split_fragment(document.uri).uri;
    if (find_resource(document_uri) == nullptr)
      TRY_STATUS(load(document_uri, document.text, usual));
  }
  TRY_STATUS(index_all());
  return find_resource(uri);
}

Compiled<Documents::Target> Documents::resolve(const SchemaPlace& from, std::string_view keyword,
                                               std::string_view reference) {
  const std::string at = from.pointer + pointer_token(keyword);
  const std::string& base = resources_[from.resource].uri;
  const SplitUri target = split_fragment(resolve_uri(base, reference));
  ResourceIndex resource = from.resource;
  if (target.uri != base) {
    TRY(const ResourceIndex* found, find_or_load(target.uri, from));
    if (found == nullptr) {
      return refuse(RefusalCode::kUnresolvableRef, keyword, at,
                    fmt::format("{:?} leads to {:?}, which is not known here; nothing is fetched",
                                reference, target.uri),
                    "put the schema into $defs");
    }
    resource = *found;
  }
  if (target.fragment.empty()) return Target{resources_[resource].root, {}};
  if (target.fragment.starts_with('/')) {
    auto place = follow_pointer(resource, target.fragment);
    if (place) return Target{std::move(*place), {}};
    place.error().keyword = keyword;
    place.error().pointer = at;
    return std::unexpected(std::move(place).error());
  }
  TRY_STATUS(index_all());
  const IdentifiedResource& known = resources_[resource];
  if (const SchemaPlace* place = find_anchor(known.dynamic_anchors, target.fragment)) {
    return Target{*place, target.fragment};
  }
  if (const SchemaPlace* place = find_anchor(known.anchors, target.fragment))
    return Target{*place, {}};
  return refuse(RefusalCode::kUnresolvableRef, keyword, at,
                fmt::format("{:?} names an anchor that is not there", reference),
                "a pointer begins with #/");
}

Compiled<SchemaPlace> Documents::follow_pointer(ResourceIndex resource, std::string_view pointer) {
  SchemaPlace place = resources_[resource].root;
  Holds holds = Holds::kSchema;
  for (std::size_t begin = 1; begin <= pointer.size();) {
    if (holds == Holds::kSchema) {
      TRY(place, entered(std::move(place)));
    }
    const std::size_t end = std::min(pointer.find('/', begin), pointer.size());
    const std::string token = unescaped(pointer.substr(begin, end - begin));
    const JsonNode* next = step(*place.node, token);
    if (next == nullptr) {
      return refuse(RefusalCode::kUnresolvableRef, {}, {},
                    fmt::format("#{} leads nowhere: there is no {:?}", pointer, token));
    }
    holds = after_step(holds, *next, token);
    place.node = next;
    place.pointer += pointer_token(token);
    begin = end + 1;
  }
  return place;
}

Compiled<void> Documents::index_all() {
  for (std::size_t i = 0; i < documents_.size(); ++i) {  // entering may load further documents
    if (!documents_[i]->indexed) TRY_STATUS(index_document(i));
  }
  return {};
}

Compiled<void> Documents::index_document(std::size_t which) {
  documents_[which]->indexed = true;
  std::vector<SchemaPlace> pending{
      {&documents_[which]->root, documents_[which]->resource, documents_[which]->prefix}};
  while (!pending.empty()) {
    TRY(const SchemaPlace place, entered(std::move(pending.back())));
    pending.pop_back();
    TRY_STATUS(index_place(place, pending));
  }
  return {};
}

Compiled<void> Documents::index_place(const SchemaPlace& place, std::vector<SchemaPlace>& pending) {
  const auto* members = std::get_if<JsonMembers>(&place.node->value);
  if (members == nullptr) return {};
  index_anchors(place);
  for (const auto& [name, value] : *members) {
    const KeywordRow* row = find_keyword(name);
    if (row == nullptr || row->holds == Holds::kNothing) continue;
    const SchemaPlace at{&value, place.resource, place.pointer + pointer_token(name)};
    append_subschemas(value, row->holds, at, pending);
  }
  return {};
}

void Documents::index_anchors(const SchemaPlace& place) {
  IdentifiedResource& resource = resources_[place.resource];
  const Dialect dialect = resource.dialect.dialect;
  if (dialect <= Dialect::kDraft7) {
    const std::string* id = find_id(*place.node, dialect);
    if (id == nullptr) return;
    if (SplitUri split = split_fragment(*id); !split.fragment.empty()) {
      resource.anchors.emplace_back(std::move(split.fragment), place);
    }
    return;
  }
  if (const std::string* name = find_text(*place.node, "$anchor")) {
    resource.anchors.emplace_back(*name, place);
  }
  if (dialect == Dialect::k2019 && place.node == resource.root.node) {
    const JsonNode* recursive = place.node->find("$recursiveAnchor");
    const bool* is_on = recursive == nullptr ? nullptr : std::get_if<bool>(&recursive->value);
    if (is_on != nullptr && *is_on) resource.dynamic_anchors.emplace_back("", place);
  }
  const std::string* name = find_text(*place.node, "$dynamicAnchor");
  if (dialect == Dialect::k2020 && name != nullptr) {
    resource.dynamic_anchors.emplace_back(*name, place);
  }
}

}  // namespace diptych::grammar
