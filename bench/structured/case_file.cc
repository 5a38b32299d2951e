#include "structured/case_file.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/file.h"
#include "base/json.h"

namespace diptych::bench {

Result<CaseFile> CaseFile::read(const std::string& path) {
  CaseFile file;
  TRY(file.text_, read_file(path, std::size_t{4} << 30));
  for (std::size_t start = 0; start < file.text_.size();) {
    const std::size_t end = std::min(file.text_.find('\n', start), file.text_.size());
    if (end > start) file.lines_.push_back({.start = start, .length = end - start});
    start = end + 1;
  }
  return file;
}

Result<MaskCase> parse_case(std::string_view line) {
  TRY(const Json json, parse_json(line));
  const auto wrong = [](std::string_view what) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("a case without {}", what), "cases");
  };
  MaskCase parsed;
  if (!json["id"].is_string() || !json["schema"].is_string()) return wrong("id and schema");
  if (!json["tests"].is_array()) return wrong("tests");
  parsed.id = json["id"].as_string();
  parsed.schema = json["schema"].as_string();
  for (const Json& test : json["tests"].as_array()) {
    if (!test["valid"].is_bool() || !test["toks"].is_array()) return wrong("valid and toks");
    Instance instance{.valid = test["valid"].as_bool()};
    for (const Json& token : test["toks"].as_array()) {
      if (!token.is_int()) return wrong("whole token ids");
      instance.tokens.push_back(static_cast<grammar::Token>(token.as_int()));
    }
    parsed.instances.push_back(std::move(instance));
  }
  return parsed;
}

std::vector<std::size_t> choose_cases(const CaseFile& file, const CaseRange& range) {
  constexpr std::size_t kHeadBytes = 200;  // of a line: its id is there
  std::vector<std::size_t> chosen;
  for (std::size_t i = range.first; i < file.size(); ++i) {
    if (range.limit > 0 && chosen.size() >= range.limit) break;
    const std::string_view head = file.line(i).substr(0, kHeadBytes);
    if (range.only.empty() || head.find(range.only) != head.npos) chosen.push_back(i);
  }
  return chosen;
}

}  // namespace diptych::bench
