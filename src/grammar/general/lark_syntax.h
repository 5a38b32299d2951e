#pragma once
// The text of a Lark grammar as a tree: nothing is resolved yet.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/general/grammar_text.h"
#include "grammar/policy.h"

namespace diptych::grammar {

struct LarkNode {
  enum class Kind : std::uint8_t {
    kString,    // text; flags "i": whatever the case
    kRegex,     // text between slashes; flags
    kRange,     // text to last, one character each
    kName,      // text: a rule or a terminal
    kJson,      // %json: text is the schema
    kSequence,  // parts
    kChoice,    // parts
    kRepeat,    // parts[0], least to most times
  };
  Kind kind = Kind::kSequence;
  std::string text, flags, last;
  std::vector<LarkNode> parts;
  std::uint32_t least = 0, most = 0;
  std::size_t offset = 0;  // into the text, for messages
};

struct LarkDefinition {
  std::string name;
  LarkNode body;
  bool lazy = false;
  std::optional<LarkNode> stop;  // stop= and suffix=: a string, a regex or a terminal's name
  std::size_t offset = 0;
};

struct LarkImport {
  std::string name, alias;
  std::size_t offset = 0;
};

struct LarkSyntax {
  std::vector<LarkDefinition> definitions;
  std::vector<LarkNode> ignored;
  std::vector<LarkImport> imports;  // of the library named common
};

inline bool is_terminal_name(std::string_view name) {  // rules are written small
  return name.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string_view::npos;
}

// What the dialect has and is not done here is refused by name.
Compiled<LarkSyntax> read_lark_syntax(GrammarText& text, const Limits& limits);

}  // namespace diptych::grammar
