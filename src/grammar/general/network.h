#pragma once
// Grammar rules as a recursive transition network: one automaton a rule, whose arrows read bytes,
// call other rules, or go through a leaf (a language, a machine). Trimmed: from every live state
// the end of its rule can be reached, so whoever stays on live states never runs into a dead end.

#include <cstdint>
#include <vector>

#include "grammar/general/grammar_rules.h"
#include "grammar/policy.h"
#include "grammar/refusal.h"

namespace diptych::grammar {

using NetworkState = std::uint32_t;
inline constexpr NetworkState kNoState = 0xffff'ffff;
inline constexpr std::uint32_t kNoLoop = 0xffff'ffff;

struct NetworkArrow {
  std::uint8_t first, last;
  NetworkState to;
};

struct NetworkNode {
  enum class Kind : std::uint8_t {
    kFinal,     // the end of the rule
    kRead,      // arrows[a .. a + b)
    kSplit,     // a or b without reading
    kCall,      // procedure a, then b
    kLanguage,  // leaf a, then b
    kLexeme,    // the same, with the longest text that any lexeme has here
    kMachine,   // leaf a, then b
    kLoop,      // head of a counted procedure: loops[a]
    kLoopEnd,   // one more time round: back to state a
  };
  Kind kind = Kind::kFinal;
  std::uint32_t a = 0, b = 0;
  std::uint32_t loop = kNoLoop;  // the counted procedure it stands in
  std::uint32_t distance = 0;    // about how many characters to the end of the rule
  bool live = false;
  bool nullable = false;  // the end of the rule (or of one time round a loop) without reading
};

struct CountedLoop {
  NetworkState body = 0;
  std::uint32_t least = 0, most = 0;
};

struct Network {
  std::vector<NetworkNode> nodes;
  std::vector<NetworkArrow> arrows;
  std::vector<CountedLoop> loops;
  std::vector<NetworkState> procedures;  // where each begins; nodes[begin].nullable is its own
  std::uint32_t start = 0;               // procedure
  std::vector<Language> leaves;          // of kLanguage and kLexeme
  bool has_lexemes = false;
  std::uint64_t content = 0;  // hash: equal networks, equal states
};

// kUnsatisfiable: no text at all. kSchemaTooLarge: past limits.nodes_max.
Compiled<Network> build_network(GrammarRules& rules, const Limits& limits);

}  // namespace diptych::grammar
