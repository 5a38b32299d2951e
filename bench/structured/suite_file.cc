#include "structured/suite_file.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "grammar/schema/json_value.h"

namespace diptych::bench {

namespace {

using grammar::JsonNode;

struct DialectRow {
  std::string_view folder, uri;
};
constexpr std::array<DialectRow, 5> kDialects = {
    {{"draft4", "http://json-schema.org/draft-04/schema#"},
     {"draft6", "http://json-schema.org/draft-06/schema#"},
     {"draft7", "http://json-schema.org/draft-07/schema#"},
     {"draft2019-09", "https://json-schema.org/draft/2019-09/schema"},
     {"draft2020-12", "https://json-schema.org/draft/2020-12/schema"}}};

std::vector<Path> json_files(const Path& folder, bool recursive) {
  std::vector<Path> files;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator at(folder, error), end; at != end;
       at.increment(error)) {
    if (at->is_directory() && !recursive) at.disable_recursion_pending();
    if (at->path().extension() == ".json") files.push_back(at->path());
  }
  std::ranges::sort(files);
  return files;
}

Result<JsonNode> read_document(const Path& path) {
  TRY(const std::string text, read_file(path, std::size_t{64} << 20));
  auto document = grammar::read_json(text);
  if (!document) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: {}", path.string(), document.error().message));
  }
  return std::move(*document);
}

std::string text_member(const JsonNode& node, std::string_view name) {
  const JsonNode* member = node.find(name);
  const auto* text = member == nullptr ? nullptr : std::get_if<std::string>(&member->value);
  return text == nullptr ? "" : *text;
}

std::string schema_text(JsonNode schema, std::string_view dialect) {
  auto* members = std::get_if<grammar::JsonMembers>(&schema.value);
  if (members != nullptr && schema.find("$schema") == nullptr) {
    members->insert(members->begin(), {"$schema", JsonNode{.value = std::string(dialect)}});
  }
  return grammar::compact_text(schema);
}

Result<std::vector<SuiteGroup>> read_groups(const Path& path, std::string_view dialect) {
  TRY(const JsonNode document, read_document(path));
  const auto wrong = [&path] {
    return fail(ErrorCode::kInvalidArgument, path.string() + ": not a file of test groups");
  };
  const auto* list = std::get_if<std::vector<JsonNode>>(&document.value);
  if (list == nullptr) return wrong();
  std::vector<SuiteGroup> groups;
  for (const JsonNode& node : *list) {
    const JsonNode* schema = node.find("schema");
    const JsonNode* tests = node.find("tests");
    if (schema == nullptr || tests == nullptr) return wrong();
    SuiteGroup group{.file = path.stem().string(),
                     .description = text_member(node, "description"),
                     .schema = schema_text(*schema, dialect)};
    for (const JsonNode& test : std::get<std::vector<JsonNode>>(tests->value)) {
      const JsonNode* data = test.find("data");
      const JsonNode* valid = test.find("valid");
      if (data == nullptr || valid == nullptr) return wrong();
      group.tests.push_back({.description = text_member(test, "description"),
                             .text = grammar::compact_text(*data),
                             .valid = std::get<bool>(valid->value)});
    }
    groups.push_back(std::move(group));
  }
  return groups;
}

}  // namespace

Result<Suite> read_suite(const Path& folder) {
  const Path draft = std::filesystem::absolute(folder).lexically_normal();
  const std::string name = (draft.filename().empty() ? draft.parent_path() : draft).filename();
  const auto* dialect = std::ranges::find(kDialects, name, &DialectRow::folder);
  if (dialect == kDialects.end()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: not the folder of a draft that is known", folder.string()));
  }
  Suite suite;
  for (const Path& path : json_files(draft, false)) {
    TRY(std::vector<SuiteGroup> groups, read_groups(path, dialect->uri));
    std::ranges::move(groups, std::back_inserter(suite.groups));
  }
  const Path remotes = (draft / "../../remotes").lexically_normal();
  for (const Path& path : json_files(remotes, true)) {
    TRY(std::string text, read_file(path, std::size_t{64} << 20));
    const std::string place = path.lexically_relative(remotes).generic_string();
    suite.remotes.push_back({.uri = "http://localhost:1234/" + place, .text = std::move(text)});
  }
  if (suite.groups.empty()) {
    return fail(ErrorCode::kNotFound, folder.string() + ": no tests here");
  }
  return suite;
}

}  // namespace diptych::bench
