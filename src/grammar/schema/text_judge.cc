#include "grammar/schema/text_judge.h"

namespace diptych::grammar {

TextJudge::TextJudge() : languages_(Limits{}) {}

bool TextJudge::matches(const std::string& pattern, const std::string& text) {
  const auto [found, is_new] = patterns_.try_emplace(pattern);
  if (is_new) {
    // It was read without error when the schema was; were it not, no text would match: sound.
    found->second = languages_.ecma_pattern(pattern).value_or(languages_.none());
  }
  return languages_.accepts(found->second, text);
}

bool TextJudge::has_format(const std::string& format, const std::string& text) {
  const auto [found, is_new] = formats_.try_emplace(format);
  if (is_new) found->second = languages_.format(format).value_or(languages_.none());
  return languages_.accepts(found->second, text);
}

}  // namespace diptych::grammar
