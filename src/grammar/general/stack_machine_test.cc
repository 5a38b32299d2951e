#include "grammar/general/stack_machine.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "grammar/general/testing/machine_text.h"

namespace diptych::grammar {
namespace {

using Kind = Expression::Kind;

// A grammar of one letter a terminal, and which texts it has, worked out by brute force: for each
// rule the texts up to a length, until nothing is gained.
class Reference {
 public:
  Reference(const GrammarRules& rules, std::size_t length_max)
      : rules_(rules), length_max_(length_max), texts_(rules.rules.size()) {
    bool gained = true;
    while (gained) {
      gained = false;
      for (std::size_t i = 0; i < rules_.rules.size(); ++i) {
        auto more = texts_of(rules_.rules[i].body);
        gained = gained || more.size() > texts_[i].size();
        texts_[i] = std::move(more);
      }
    }
  }
  const std::set<std::string>& texts() const { return texts_[rules_.start]; }

 private:
  using Texts = std::set<std::string>;
  Texts joined(const Texts& a, const Texts& b) const {
    Texts out;
    for (const std::string& x : a) {
      for (const std::string& y : b) {
        if (x.size() + y.size() <= length_max_) out.insert(x + y);
      }
    }
    return out;
  }
  Texts texts_of(ExpressionId id) const {
    const Expression& expression = rules_.expressions[id];
    Texts out;
    switch (expression.kind) {
      case Kind::kBytes:
        return {expression.bytes};
      case Kind::kRule:
        return texts_[expression.index];
      case Kind::kSequence:
        out = {""};
        for (const ExpressionId part : expression.parts) out = joined(out, texts_of(part));
        return out;
      case Kind::kChoice:
        for (const ExpressionId part : expression.parts) out.merge(texts_of(part));
        return out;
      default: {
        Texts power = {""};
        const Texts part = texts_of(expression.parts[0]);
        for (std::uint32_t i = 0; i <= std::min(expression.most, 12U); ++i) {
          if (i >= expression.least) out.insert(power.begin(), power.end());
          power = joined(power, part);
        }
        return out;
      }
    }
  }

  const GrammarRules& rules_;
  std::size_t length_max_;
  std::vector<Texts> texts_;
};

std::vector<std::string> all_texts(std::string_view alphabet, std::size_t length_max) {
  std::vector<std::string> texts{""};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].size() == length_max) break;
    for (const char c : alphabet) texts.push_back(texts[i] + c);
  }
  return texts;
}

class RandomGrammar {
 public:
  explicit RandomGrammar(unsigned seed) : random_(seed) {}
  GrammarRules make() {
    GrammarRules rules;
    const unsigned count = 1 + pick(3);
    for (unsigned i = 0; i < count; ++i) rules.rules.push_back({.name = "r", .body = 0});
    for (unsigned i = 0; i < count; ++i) rules.rules[i].body = expression(rules, 3);
    return rules;
  }

 private:
  unsigned pick(unsigned below) {
    return std::uniform_int_distribution<unsigned>(0, below - 1)(random_);
  }
  ExpressionId expression(GrammarRules& rules, int depth) {
    const unsigned kind = depth == 0 ? pick(3) : pick(8);
    if (kind < 2) return rules.bytes(kind == 0 ? "a" : "b");
    if (kind == 2) return rules.rule(pick(static_cast<unsigned>(rules.rules.size())));
    if (kind == 3) return rules.bytes(pick(3) == 0 ? "" : "ab");
    if (kind == 7) {
      const unsigned least = pick(3);
      const unsigned mosts[] = {kUnbounded, least + pick(3), least + 30};
      return rules.repeat(expression(rules, depth - 1), least, mosts[pick(3)]);
    }
    std::vector<ExpressionId> parts;
    for (unsigned i = 0; i < 2 + pick(2); ++i) parts.push_back(expression(rules, depth - 1));
    return kind < 6 ? rules.sequence(parts) : rules.choice(parts);
  }
  std::mt19937 random_;
};

TEST(StackMachine, AgreesWithBruteForceOnRandomGrammars) {
  constexpr std::size_t kLengthMax = 6;
  const auto texts = all_texts("ab", kLengthMax);
  int empty_ones = 0;
  for (unsigned seed = 0; seed < 600; ++seed) {
    GrammarRules rules = RandomGrammar(seed).make();
    const Reference reference(rules, kLengthMax);
    const std::set<std::string> expected = reference.texts();
    GrammarRules moved;
    moved.expressions = rules.expressions;
    moved.rules = rules.rules;
    auto machine = make_stack_machine(std::move(moved), {});
    if (!machine) {
      EXPECT_TRUE(expected.empty()) << "seed " << seed;
      ++empty_ones;
      continue;
    }
    for (const std::string& text : texts) {
      ASSERT_EQ(matches(**machine, text), expected.contains(text))
          << "seed " << seed << ": " << text;
      const auto state = after(**machine, text);
      if (!state || text.size() > 4) continue;
      ASSERT_TRUE(way_to_end(**machine, *state, "ab"))
          << "seed " << seed << ": dead end at " << text;
    }
    EXPECT_EQ((*machine)->refused_count(), 0) << "seed " << seed;
  }
  EXPECT_LT(empty_ones, 200);  // or the test would be of little use
}

TEST(StackMachine, LeftAndRightRecursionTakeBoundedStates) {
  for (const bool left : {true, false}) {
    GrammarRules rules;
    rules.rules.push_back({.name = "list", .body = 0});
    const ExpressionId more = left ? rules.sequence({rules.rule(0), rules.bytes("a")})
                                   : rules.sequence({rules.bytes("a"), rules.rule(0)});
    rules.rules[0].body = rules.choice({rules.bytes("b"), more});
    auto machine = make_stack_machine(std::move(rules), {});
    ASSERT_TRUE(machine);
    const std::string many(3000, 'a');
    EXPECT_TRUE(matches(**machine, left ? "b" + many : many + "b"));
    EXPECT_LT((*machine)->memory_bytes(), 20'000) << left;
  }
}

TEST(StackMachine, NestsDeeply) {
  GrammarRules rules;
  rules.rules.push_back({.name = "nest", .body = 0});
  rules.rules[0].body = rules.choice(
      {rules.bytes(""), rules.sequence({rules.bytes("("), rules.rule(0), rules.bytes(")")})});
  auto machine = make_stack_machine(std::move(rules), {});
  ASSERT_TRUE(machine);
  const std::string open(2000, '('), close(2000, ')');
  EXPECT_TRUE(matches(**machine, open + close));
  EXPECT_FALSE(begins(**machine, open + close + ")"));
}

TEST(StackMachine, CountsLargeRepetitions) {
  GrammarRules rules;
  const ExpressionId part = rules.choice({rules.bytes("ab"), rules.bytes("c")});
  rules.rules.push_back({.name = "r", .body = rules.repeat(part, 200, 1'000'000)});
  auto machine = make_stack_machine(std::move(rules), {});
  ASSERT_TRUE(machine);
  std::string text;
  for (int i = 0; i < 199; ++i) text += i % 2 == 0 ? "ab" : "c";
  EXPECT_FALSE(matches(**machine, text));
  EXPECT_TRUE(matches(**machine, text + "ab"));
}

TEST(StackMachine, KeysOfMasksForgetFarCounts) {
  GrammarRules rules;
  rules.rules.push_back({.name = "r", .body = rules.repeat(rules.bytes("a"), 0, 1'000'000)});
  auto machine = make_stack_machine(std::move(rules), {});
  ASSERT_TRUE(machine);
  const auto a = after(**machine, std::string(500, 'a')),
             b = after(**machine, std::string(900, 'a'));
  EXPECT_NE(*a, *b);
  EXPECT_EQ((*machine)->mask_key(*a, 64), (*machine)->mask_key(*b, 64));
}

TEST(StackMachine, RefusesGrammarsWithoutText) {
  GrammarRules rules;
  rules.rules.push_back({.name = "r", .body = 0});
  rules.rules[0].body = rules.sequence({rules.bytes("a"), rules.rule(0)});
  const auto machine = make_stack_machine(std::move(rules), {});
  ASSERT_FALSE(machine);
  EXPECT_EQ(machine.error().code, RefusalCode::kUnsatisfiable);
}

TEST(StackMachine, KeepsItsLimits) {
  GrammarRules large;
  large.rules.push_back({.name = "r", .body = large.bytes(std::string(1000, 'a'))});
  const auto refused = make_stack_machine(std::move(large), {.nodes_max = 500});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, RefusalCode::kSchemaTooLarge);

  GrammarRules growing;
  growing.rules.push_back({.name = "r", .body = 0});
  growing.rules[0].body =
      growing.choice({growing.bytes(""),
                      growing.sequence({growing.bytes("("), growing.rule(0), growing.bytes(")")})});
  auto machine = make_stack_machine(std::move(growing), {.memory_bytes_max = 100'000});
  ASSERT_TRUE(machine);
  EXPECT_FALSE(begins(**machine, std::string(10'000, '(')));
  EXPECT_GT((*machine)->refused_count(), 0);
}

TEST(StackMachine, FreeTextEndsAtTheFirstWord) {
  GrammarRules rules;
  Scanner scanner;
  scanner.words = {{"<<", rules.bytes("x>")}, {"ab", rules.bytes("")}};
  rules.scanners.push_back(std::move(scanner));
  Expression free{.kind = Kind::kScanner};
  rules.rules.push_back({.name = "r", .body = rules.add(std::move(free))});
  auto machine = make_stack_machine(std::move(rules), {});
  ASSERT_TRUE(machine);
  for (const auto* text : {"", "hello \xC3\xA9", "a<b", "<", "q<<x>", "aab", "<a<<x>"}) {
    EXPECT_TRUE(matches(**machine, text)) << text;
  }
  for (const auto* text : {"<<y", "abc", "<<x>z"}) EXPECT_FALSE(begins(**machine, text)) << text;
  // Whole characters, which tokens may cut: the second half must come then.
  EXPECT_FALSE(begins(**machine, "\xBF"));
  EXPECT_TRUE(matches(**machine, "<\xF0\x9F\x98\x80<<x>"));
  const auto half = after(**machine, "\xF0\x9F");
  ASSERT_TRUE(half);
  EXPECT_FALSE((*machine)->may_end(*half));
  const auto run = (*machine)->plain_run(*after(**machine, "hello"));
  ASSERT_TRUE(run);
  EXPECT_TRUE(run->multibyte && run->uniform);
  EXPECT_TRUE(run->ascii['z' / 64] >> ('z' % 64) & 1);
  EXPECT_FALSE(run->ascii['a' / 64] >> ('a' % 64) & 1);
}

}  // namespace
}  // namespace diptych::grammar
