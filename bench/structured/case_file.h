#pragma once
// MaskBench cases: one JSON object a line, {"id", "schema" (its text), "tests": [{"valid",
// "toks"}]}.

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "grammar/vocabulary_index.h"

namespace diptych::bench {

struct Instance {
  bool valid = false;
  std::vector<grammar::Token> tokens;
};

struct MaskCase {
  std::string id, schema;
  std::vector<Instance> instances;
};

Result<MaskCase> parse_case(std::string_view line);

class CaseFile {  // holds the text; cases are parsed when asked for
 public:
  static Result<CaseFile> read(const std::string& path);
  std::size_t size() const { return lines_.size(); }
  std::string_view line(std::size_t i) const {
    return std::string_view(text_).substr(lines_[i].start, lines_[i].length);
  }

 private:
  struct Line {
    std::size_t start = 0, length = 0;
  };
  std::string text_;
  std::vector<Line> lines_;
};

struct CaseRange {
  std::size_t first = 0, limit = 0;  // limit 0: all
  std::string only;                  // a part of the id; empty: all
};
std::vector<std::size_t> choose_cases(const CaseFile& file, const CaseRange& range);

}  // namespace diptych::bench
