#pragma once
// Patterns and formats for the evaluator, compiled once each.

#include <string>
#include <unordered_map>

#include "grammar/text/language.h"

namespace diptych::grammar {

class TextJudge {
 public:
  TextJudge();
  bool matches(const std::string& pattern, const std::string& text);
  bool has_format(const std::string& format, const std::string& text);

 private:
  Languages languages_;
  std::unordered_map<std::string, Language> patterns_, formats_;
};

}  // namespace diptych::grammar
