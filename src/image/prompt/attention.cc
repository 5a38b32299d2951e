#include "image/prompt/attention.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/check.h"
#include "image/prompt/attention_brackets.h"
#include "image/prompt/attention_compel.h"
#include "image/prompt/limits.h"

namespace diptych {
namespace {

Result<ParsedAttention> parse_fixed(std::string_view text, const AttentionReading&) {
  return ParsedAttention{.terms = {{.pieces = {{.text = std::string(text)}}}}, .warnings = {}};
}

constexpr std::array kRows = {
    AttentionRow{AttentionSyntax::kA1111, "a1111", true, parse_bracket_attention,
                 "(a) [a] (a:1.2) and BREAK; every character counts"},
    AttentionRow{AttentionSyntax::kNative, "native", true, parse_bracket_attention,
                 "the same brackets, blanks and leading punctuation tidied, new lines break"},
    AttentionRow{AttentionSyntax::kCompel, "compel", false, parse_compel_attention,
                 "word++ (two words)-- (text)1.3 and blends"},
    AttentionRow{AttentionSyntax::kFixed, "fixed", false, parse_fixed, "the text as it is"},
};

}  // namespace

std::span<const AttentionRow> attention_rows() { return kRows; }

const AttentionRow& describe(AttentionSyntax syntax) {
  const auto row = std::ranges::find(kRows, syntax, &AttentionRow::syntax);
  CHECK(row != kRows.end());
  return *row;
}

std::optional<AttentionSyntax> find_attention_syntax(std::string_view name) {
  const auto row = std::ranges::find(kRows, name, &AttentionRow::name);
  if (row == kRows.end()) return std::nullopt;
  return row->syntax;
}

Result<ParsedAttention> parse_attention(std::string_view text, const AttentionReading& options) {
  TRY(ParsedAttention parsed, describe(options.syntax).parse(text, options));
  for (const AttentionTerm& term : parsed.terms) {
    for (const AttentionPiece& piece : term.pieces) {
      if (std::abs(piece.weight) <= kPromptWeightMax) continue;
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the weight {:g} of '{}' is beyond {:g}", piece.weight,
                              piece.text.substr(0, 40), kPromptWeightMax),
                  std::string(options.param));
    }
  }
  return parsed;
}

}  // namespace diptych
