#pragma once
// Emphasis in prompts: text → pieces with weights. Four grammars, one row each.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace diptych {

// kA1111: (a) [a] (a:1.2), escapes, BREAK; pieces are kept exactly.
// kNative: the same brackets as SD.Next reads them: weights rounded to 3 decimals, white space
//   collapsed, leading punctuation stripped, ## and new lines break.
// kCompel: word++ (two words)-- (text)1.3, ("a", "b").blend(0.7, 0.3), ("a", "b").and().
// kFixed: no grammar at all, schedules and AND included.
enum class AttentionSyntax { kA1111, kNative, kCompel, kFixed };

struct AttentionPiece {
  std::string text;  // "BREAK" for a break
  double weight = 1;
  bool is_break = false;  // ends the chunk; the weight is then −1 and has no meaning
};

// What to encode: one term of weight 1, or the terms of a blend. Terms are encoded separately and
// their encodings added, times `weight`.
struct AttentionTerm {
  double weight = 1;
  std::vector<AttentionPiece> pieces;  // never empty
};

struct AttentionReading {
  AttentionSyntax syntax = AttentionSyntax::kA1111;
  bool newline_breaks = true;  // kNative only: a new line is BREAK, else a blank
  std::string_view param = "prompt";
};

struct ParsedAttention {
  std::vector<AttentionTerm> terms;
  Warnings warnings;
};

// Unmatched brackets are not errors. Errors (kInvalidArgument): nesting or a weight beyond the
// limits; kUnsupported: an operator of compel that needs control of cross-attention.
Result<ParsedAttention> parse_attention(std::string_view text, const AttentionReading& options);

struct AttentionRow {
  AttentionSyntax syntax;
  std::string_view name;
  bool schedules;  // [a:b:0.5], [a|b] and AND are read before it
  Result<ParsedAttention> (*parse)(std::string_view text, const AttentionReading& options);
  std::string_view doc;
};
std::span<const AttentionRow> attention_rows();
const AttentionRow& describe(AttentionSyntax syntax);
std::optional<AttentionSyntax> find_attention_syntax(std::string_view name);

}  // namespace diptych
