#pragma once
// A context-free grammar as the front ends hand it over: expressions in a table, joined by index.

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "grammar/machine.h"
#include "grammar/text/language.h"

namespace diptych::grammar {

using ExpressionId = std::uint32_t;
using RuleId = std::uint32_t;
inline constexpr std::uint32_t kUnbounded = std::numeric_limits<std::uint32_t>::max();

struct Expression {
  enum class Kind : std::uint8_t {
    kBytes,     // `bytes`, exactly; empty: the empty text
    kChars,     // one character of `ranges`, as UTF-8
    kLanguage,  // a text of `language`
    kLexeme,    // the same, where no lexeme that could begin there has a longer text
    kMachine,   // a text of machines[index]
    kScanner,   // free text until one of scanners[index]'s words, then what follows that word
    kRule,      // rules[index]
    kSequence,
    kChoice,
    kRepeat,  // parts[0], `least` to `most` times
  };
  Kind kind = Kind::kBytes;
  std::string bytes;
  std::vector<CodePointRange> ranges;
  Language language;  // of kLanguage and kLexeme
  std::uint32_t index = 0;
  std::vector<ExpressionId> parts;
  std::uint32_t least = 0, most = 0;
};

// Free text in which the words have a meaning: after the first of them that comes, `after` must.
struct Scanner {
  struct Word {
    std::string bytes;  // not empty; none begins with another
    ExpressionId after;
  };
  std::vector<Word> words;
  bool may_end = true;  // without any of the words
};

struct Rule {
  std::string name;
  ExpressionId body = 0;
};

struct GrammarRules {
  std::vector<Expression> expressions;
  std::vector<Rule> rules;
  RuleId start = 0;
  std::vector<Scanner> scanners;
  std::unique_ptr<Languages> languages;  // of kLanguage; may be null when there is none
  std::vector<std::unique_ptr<Machine>> machines;

  ExpressionId add(Expression expression);
  ExpressionId bytes(std::string text);
  ExpressionId chars(std::vector<CodePointRange> ranges);  // ascending, disjoint
  ExpressionId language(Language language);
  ExpressionId lexeme(Language language);  // must not have the empty text
  ExpressionId machine(std::unique_ptr<Machine> machine);
  ExpressionId rule(RuleId rule);
  ExpressionId sequence(std::vector<ExpressionId> parts);
  ExpressionId choice(std::vector<ExpressionId> parts);
  ExpressionId repeat(ExpressionId part, std::uint32_t least, std::uint32_t most);
};

}  // namespace diptych::grammar
