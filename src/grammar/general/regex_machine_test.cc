#include <gtest/gtest.h>

#include "grammar/general/general_machines.h"
#include "grammar/general/testing/machine_text.h"

namespace diptych::grammar {
namespace {

std::unique_ptr<Machine> regex(std::string_view pattern) {
  auto machine = make_regex_machine(pattern, {});
  EXPECT_TRUE(machine) << pattern << (machine ? "" : machine.error().message);
  return machine ? std::move(*machine) : nullptr;
}

TEST(RegexMachine, MatchesTheWholeText) {
  const struct {
    const char *pattern, *matches, *not_whole, *dead;
  } cases[] = {
      {"a+b", "aab", "aa", "b"},
      {"(foo|bar)[0-9]{2,3}", "foo12", "bar1", "foob"},
      {"\\d{3}-[A-F]", "123-F", "123", "12a"},
      {"[^x]*x", "y\xC3\xA9x", "y\xC3\xA9", "xx"},
      {".{2}", "\xF0\x9F\x98\x80z", "z", "\n"},
  };
  for (const auto& row : cases) {
    const auto machine = regex(row.pattern);
    EXPECT_TRUE(matches(*machine, row.matches)) << row.pattern;
    EXPECT_TRUE(begins(*machine, row.not_whole)) << row.pattern;
    EXPECT_FALSE(matches(*machine, row.not_whole)) << row.pattern;
    EXPECT_FALSE(begins(*machine, row.dead)) << row.pattern;
  }
}

TEST(RegexMachine, IsDeadInsideACharacterThatCannotFollow) {
  const auto machine = regex("\xC3\xA9+");
  EXPECT_TRUE(begins(*machine, "\xC3"));
  EXPECT_FALSE(begins(*machine, "\xC4"));
  EXPECT_FALSE(begins(*machine, "\xC3\xA8"));
  EXPECT_FALSE(begins(*regex(".*"), "\xE0\x80"));  // an overlong spelling
  EXPECT_FALSE(begins(*regex(".*"), "\xED\xA0"));  // a surrogate
}

TEST(RegexMachine, CountsWithoutUnrolling) {
  const auto machine = regex("a{5,100000}");
  EXPECT_FALSE(matches(*machine, "aaaa"));
  EXPECT_TRUE(matches(*machine, std::string(5000, 'a')));
  EXPECT_LT(machine->memory_bytes(), 8U << 20U);
}

TEST(RegexMachine, RefusesWhatItCannotHold) {
  EXPECT_FALSE(make_regex_machine("(", {}));
  const auto empty = make_regex_machine("[^\\d\\D]", {});
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().code, RefusalCode::kUnsatisfiable);
}

TEST(ChoiceMachine, TakesOneOfTheChoices) {
  const auto machine = make_choice_machine(R"(["yes","no","nothing","\u00e9"])", {});
  ASSERT_TRUE(machine);
  for (const auto* text : {"yes", "no", "nothing", "\xC3\xA9"}) {
    EXPECT_TRUE(matches(**machine, text));
  }
  EXPECT_FALSE(matches(**machine, "noth"));
  EXPECT_TRUE(begins(**machine, "noth"));
  EXPECT_FALSE(begins(**machine, "yesn"));
  for (const auto* source : {"[]", "{}", "[1]", "[\"a\"", "\"a\""}) {
    EXPECT_FALSE(make_choice_machine(source, {})) << source;
  }
}

TEST(RegexMachine, EqualPlacesHaveEqualKeys) {
  const auto machine = regex("[a-z]*;"), again = regex("[a-z]*;");
  const auto key = machine->mask_key(*after(*machine, "ab"), 16);
  EXPECT_EQ(key, machine->mask_key(*after(*machine, "xyz"), 16));
  EXPECT_EQ(key, again->mask_key(*after(*again, "q"), 16));
  EXPECT_NE(key, machine->mask_key(*after(*machine, "ab;"), 16));
}

}  // namespace
}  // namespace diptych::grammar
