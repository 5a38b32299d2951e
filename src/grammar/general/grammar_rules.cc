#include "grammar/general/grammar_rules.h"

#include <utility>

namespace diptych::grammar {

using Kind = Expression::Kind;

ExpressionId GrammarRules::add(Expression expression) {
  expressions.push_back(std::move(expression));
  return static_cast<ExpressionId>(expressions.size() - 1);
}

ExpressionId GrammarRules::bytes(std::string text) {
  Expression expression{.kind = Kind::kBytes};
  expression.bytes = std::move(text);
  return add(std::move(expression));
}

ExpressionId GrammarRules::chars(std::vector<CodePointRange> ranges) {
  Expression expression{.kind = Kind::kChars};
  expression.ranges = std::move(ranges);
  return add(std::move(expression));
}

ExpressionId GrammarRules::language(Language language) {
  Expression expression{.kind = Kind::kLanguage};
  expression.language = language;
  return add(std::move(expression));
}

ExpressionId GrammarRules::lexeme(Language language) {
  Expression expression{.kind = Kind::kLexeme};
  expression.language = language;
  return add(std::move(expression));
}

ExpressionId GrammarRules::machine(std::unique_ptr<Machine> machine) {
  Expression expression{.kind = Kind::kMachine};
  expression.index = static_cast<std::uint32_t>(machines.size());
  machines.push_back(std::move(machine));
  return add(std::move(expression));
}

ExpressionId GrammarRules::rule(RuleId rule) {
  Expression expression{.kind = Kind::kRule};
  expression.index = rule;
  return add(std::move(expression));
}

ExpressionId GrammarRules::sequence(std::vector<ExpressionId> parts) {
  if (parts.size() == 1) return parts.front();
  Expression expression{.kind = Kind::kSequence};
  expression.parts = std::move(parts);
  return add(std::move(expression));
}

ExpressionId GrammarRules::choice(std::vector<ExpressionId> parts) {
  if (parts.size() == 1) return parts.front();
  Expression expression{.kind = Kind::kChoice};
  expression.parts = std::move(parts);
  return add(std::move(expression));
}

ExpressionId GrammarRules::repeat(ExpressionId part, std::uint32_t least, std::uint32_t most) {
  Expression expression{.kind = Kind::kRepeat};
  expression.parts = {part};
  expression.least = least;
  expression.most = most;
  return add(std::move(expression));
}

}  // namespace diptych::grammar
