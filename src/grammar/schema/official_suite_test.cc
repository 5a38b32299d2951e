// The official JSON-Schema-Test-Suite, when DIPTYCH_SCHEMA_SUITE names its folder (tests/,
// remotes/).

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "grammar/schema/schema.h"

namespace diptych::grammar {
namespace {

namespace fs = std::filesystem;
using Items = std::vector<JsonNode>;

std::string read_file(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// What the suite's schemas find under http://localhost:1234/.
std::vector<SchemaDocument> remotes(const fs::path& folder) {
  std::vector<SchemaDocument> documents;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const std::string name = fs::relative(entry.path(), folder).string();
    documents.push_back({"http://localhost:1234/" + name, read_file(entry.path())});
  }
  return documents;
}

struct Counts {
  int right = 0, wrong = 0, refused = 0;
};

void judge_group(const JsonNode& group, std::string_view dialect, const CompileOptions& options,
                 Counts& counts) {
  JsonNode text = *group.find("schema");
  auto* members = std::get_if<JsonMembers>(&text.value);
  if (members != nullptr && text.find("$schema") == nullptr) {
    members->insert(members->begin(), {"$schema", JsonNode{std::string(dialect)}});
  }
  const auto schema = read_schema(compact_text(text), options);
  const auto& name = std::get<std::string>(group.find("description")->value);
  for (const JsonNode& one : std::get<Items>(group.find("tests")->value)) {
    if (!schema) {
      ++counts.refused;
      continue;
    }
    const bool expected = std::get<bool>(one.find("valid")->value);
    const bool holds = !validate(*schema, *one.find("data"));
    ++(holds == expected ? counts.right : counts.wrong);
    EXPECT_EQ(holds, expected) << name << ": "
                               << std::get<std::string>(one.find("description")->value);
  }
  EXPECT_TRUE(schema) << name << ": " << schema.error().message;
}

TEST(OfficialSuite, EveryRequiredCaseIsJudgedRight) {
  const char* folder = std::getenv("DIPTYCH_SCHEMA_SUITE");
  if (folder == nullptr) GTEST_SKIP() << "DIPTYCH_SCHEMA_SUITE names no suite";
  const auto documents = remotes(fs::path(folder) / "remotes");
  // Its required cases take formats for annotations.
  const CompileOptions options{.policy = {.formats = Formats::kAnnotate}, .registry = documents};
  for (const auto& [draft, dialect] :
       {std::pair<std::string, std::string_view>{"draft7",
                                                 "http://json-schema.org/draft-07/schema#"},
        {"draft2020-12", "https://json-schema.org/draft/2020-12/schema"}}) {
    Counts counts;
    for (const auto& file : fs::directory_iterator(fs::path(folder) / "tests" / draft)) {
      const auto groups = read_json(read_file(file.path()));
      ASSERT_TRUE(groups) << file.path();
      for (const JsonNode& group : std::get<Items>(groups->value)) {
        judge_group(group, dialect, options, counts);
      }
    }
    std::cout << draft << ": " << counts.right << " right, " << counts.wrong << " wrong, "
              << counts.refused << " refused\n";
  }
}

}  // namespace
}  // namespace diptych::grammar
