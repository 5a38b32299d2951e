#include <gtest/gtest.h>

#include "grammar/general/general_machines.h"
#include "grammar/general/testing/machine_text.h"

namespace diptych::grammar {
namespace {

std::unique_ptr<Machine> gbnf(std::string_view text) {
  auto machine = make_gbnf_machine(text, {});
  EXPECT_TRUE(machine) << text << (machine ? "" : machine.error().message);
  return machine ? std::move(*machine) : nullptr;
}

TEST(Gbnf, ReadsItsSyntax) {
  const struct {
    const char *grammar, *matches, *fails;
  } cases[] = {
      {"root ::= \"a\" b # comment\nb ::= \"x\" | \"y\"\n", "ay", "az"},
      {"root ::= \"a\"|\n  \"b\"\n", "b", "ab"},
      {"root ::= (\"a\"\n | \"b\")+\r\n", "abba", ""},
      {"root ::= [a-cx\\-]{2}", "x-", "d"},
      {"root ::= [^a-z\\n]", "\xC3\xA9", "m"},
      {"root ::= . \".\"", "\n.", "ab"},
      {"root ::= \"\\x41\\u00e9\\U0001F600\\t\\\"\\\\\"", "A\xC3\xA9\xF0\x9F\x98\x80\t\"\\", "A"},
      {"root ::= \"ab\"? \"c\"", "c", "ac"},
      {"root ::= \"ab\"{2,3}", "ababab", "abababab"},
      {"root ::= \"a\"{2,}", "aaaa", "a"},
      {"root ::= \"a\" {0} \"b\"", "b", "ab"},
      {"root ::= [a-]", "-", "b"},
      {"root ::= [\\]] \"\"", "]", "["},
      {"root ::= a-1\na-1 ::= \"q\"", "q", "a"},
      {"root ::= \"a\"\nroot ::= \"b\"", "b", "a"},
      {"root ::= \"x\" [] \"y\"", "xy", "y"},
      {"root ::= \"a\"*+ \"b\"", "aab", "a"},
      {"root ::= | \"a\"", "", "aa"},
  };
  for (const auto& row : cases) {
    const auto machine = gbnf(row.grammar);
    ASSERT_TRUE(machine);
    EXPECT_TRUE(matches(*machine, row.matches)) << row.grammar;
    EXPECT_FALSE(matches(*machine, row.fails)) << row.grammar;
  }
}

TEST(Gbnf, RefusesWithThePlace) {
  const struct {
    const char *grammar, *place;
  } cases[] = {
      {"root ::= \"a", "line 1, column 10"},
      {"root = \"a\"", "line 1, column 6"},
      {"root ::= missing", "line 1, column 10"},
      {"other ::= \"a\"", "line 1, column 1"},
      {"root ::= *", "line 1, column 10"},
      {"root ::= \"\"*", "line 1, column 12"},
      {"root ::= (\"a\"", "line 1, column 14"},
      {"root ::= \"\\q\"", "line 1, column 11"},
      {"root ::= \"a\"\nx ::= [a", "line 2, column 7"},
      {"root ::= \"a\"{,2}", "line 1, column 14"},
      {"root ::= \"a\"{3,2}", "line 1, column 13"},
      {"root ::= \"a\" )", "line 1, column 14"},
      {"root ::= \"\\x4\"", "line 1, column 14"},
      {"\xFF", "line 1, column 1"},
      {"a_b ::= \"x\"", "line 1, column 2"},
  };
  for (const auto& row : cases) {
    const auto machine = make_gbnf_machine(row.grammar, {});
    ASSERT_FALSE(machine) << row.grammar;
    EXPECT_EQ(machine.error().code, RefusalCode::kMalformedGrammar) << row.grammar;
    EXPECT_EQ(machine.error().pointer, row.place) << row.grammar << ": " << machine.error().message;
  }
}

TEST(Gbnf, RefusesTokensByName) {
  for (const auto* text : {"root ::= <think>", "root ::= !<[12]>"}) {
    const auto machine = make_gbnf_machine(text, {});
    ASSERT_FALSE(machine);
    EXPECT_EQ(machine.error().keyword, "token terminal");
  }
}

TEST(Gbnf, RecursesBothWays) {
  const auto sums = gbnf("root ::= root \"+\" term | term\nterm ::= [0-9]+ | \"(\" root \")\"\n");
  EXPECT_TRUE(matches(*sums, "1+(2+33)+4"));
  EXPECT_FALSE(begins(*sums, "1++"));
  EXPECT_FALSE(matches(*sums, "(1"));
}

TEST(Gbnf, ReadsJson) {
  const auto json = gbnf(R"GBNF(root   ::= object
value  ::= object | array | string | number | ("true" | "false" | "null") ws

object ::=
  "{" ws (
            string ":" ws value
    ("," ws string ":" ws value)*
  )? "}" ws

array  ::= "[" ws ( value ("," ws value)* )? "]" ws
string ::= "\"" ([^"\\\x7F\x00-\x1F] | "\\" (["\\bfnrt] | "u" [0-9a-fA-F]{4}))* "\"" ws
number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ws
ws ::= | " " | "\n" [ \t]{0,20}
)GBNF");
  for (const auto* text : {"{}", R"({"a": [1, -2.5, {"b": "\u00e9\n"}], "c": null} )"}) {
    EXPECT_TRUE(matches(*json, text)) << text;
  }
  for (const auto* text : {"[", R"({"a": 01)", "{\"a\";", "{}{"}) {
    EXPECT_FALSE(begins(*json, text)) << text;
  }
  const auto state = after(*json, R"({"a": [[{"b": ")");
  ASSERT_TRUE(state);
  const auto run = json->plain_run(*state);
  ASSERT_TRUE(run);
  EXPECT_TRUE(run->multibyte);
  EXPECT_TRUE(way_to_end(*json, *state, "\"]}"));
}

TEST(Gbnf, CountsWithoutACap) {
  const auto machine = gbnf("root ::= (\"ab\" | [c-e]){3000,100000}");
  EXPECT_FALSE(matches(*machine, std::string(2999, 'd')));
  EXPECT_TRUE(matches(*machine, std::string(3000, 'd') + "abab"));
}

}  // namespace
}  // namespace diptych::grammar
