#include <gtest/gtest.h>

#include "grammar/general/general_machines.h"
#include "grammar/general/testing/machine_text.h"
#include "grammar/schema/schema.h"
#include "grammar/value/schema_machine.h"

namespace diptych::grammar {
namespace {

Compiled<std::unique_ptr<Machine>> inner(const GrammarSource& source,
                                         const CompileOptions& options) {
  TRY(Schema schema, read_schema(source.text, options));
  return make_schema_machine(std::make_shared<const Schema>(std::move(schema)), options.policy,
                             options.limits);
}

std::unique_ptr<Machine> lark(std::string_view text) {
  auto machine = make_lark_machine(text, {}, inner);
  EXPECT_TRUE(machine) << text
                       << (machine ? "" : machine.error().pointer + machine.error().message);
  return machine ? std::move(*machine) : nullptr;
}

void check(std::string_view grammar, const std::vector<std::string>& all,
           const std::vector<std::string>& none) {
  const auto machine = lark(grammar);
  ASSERT_TRUE(machine);
  for (const std::string& text : all) {
    EXPECT_TRUE(matches(*machine, text)) << grammar << "\n" << text;
  }
  for (const std::string& text : none) {
    EXPECT_FALSE(matches(*machine, text)) << grammar << "\n" << text;
  }
}

TEST(Lark, ReadsItsSyntax) {
  check("start: \"a\" b // comment\nb: \"x\"\n | \"y\" -> name\n", {"ax", "ay"}, {"a", "axy"});
  check("start: A+ [B] # comment\nA: \"a\"\nB: \"b\"i", {"a", "aaB"}, {"", "abb"});
  check("?start: (\"a\" | \"b\")~2..3", {"ab", "aba"}, {"a", "abab"});
  check("start: \"a\"~2 \"b\"{1,2} \"c\"{2,}", {"aabcc", "aabbccc"}, {"aabbbcc", "aabc"});
  check("start: T\nT: \"0\"..\"9\" /[a-z]+/i (\"_\" D)*\nD.2: \"d\"", {"1Ab", "2z_d_d"},
        {"z", "1"});
  check("start: /a\\/b/", {"a/b"}, {"a"});
  check("start: \"\\n\\x41\\\"\"", {"\nA\""}, {""});
  check("start: /./s", {"\n"}, {""});
  check("start:\n  \"a\"\n", {"a"}, {""});
}

TEST(Lark, IgnoresBetweenTerminals) {
  check("start: NAME \"=\" INT\n%import common.CNAME -> NAME\n%import common (INT, WS)\n%ignore WS",
        {"x=1", "ab =  12 \n"}, {" x=1", "x=1 2", "a b=1"});
}

TEST(Lark, TerminalsTakeTheLongestText) {
  constexpr std::string_view kTwoNames = "start: NAME NAME\nNAME: /[a-z]+/\n%ignore \" \"";
  check(kTwoNames, {"a b", "ab  cd"}, {"ab", "a"});
  // Exactly so: where the longer terminal cannot be finished, the shorter one stands.
  check("start: (\"list\" | \"listen\") \"ed\"", {"listed", "listened"}, {"list", "listen"});
  // A number cannot be cut so that what follows fits.
  check("start: INT \"1\"\nINT: /[0-9]+/\n%ignore \" \"", {"5 1", "51 1"}, {"51", "5"});
  check("start: \"=\" \"=\" | \"==\" \"!\"", {"==!"}, {"=="});
}

TEST(Lark, NeverLeadsIntoADeadEnd) {
  // B can only follow A where no space may stand: no text at all, found out before the first byte.
  const auto none = lark("start: \"x\" | A B\nA: /a+/\nB: /a/");
  ASSERT_TRUE(none);
  EXPECT_TRUE(begins(*none, "x"));
  EXPECT_FALSE(begins(*none, "a"));
  const auto machine = lark("start: (NAME | INT)+\nNAME: /[a-z]+/\nINT: /[0-9]+/\n");
  EXPECT_TRUE(matches(*machine, "ab12c"));
}

TEST(Lark, RecursesToTheLeft) {
  const auto sums = lark(R"lark(
start: expr
expr: expr "+" term | term
term: term "*" factor | factor
factor: INT | "(" expr ")"
%import common.INT
%import common.WS_INLINE
%ignore WS_INLINE
)lark");
  EXPECT_TRUE(matches(*sums, "1 + 2*(3+44) * 5"));
  EXPECT_FALSE(begins(*sums, "1 + *"));
  EXPECT_FALSE(begins(*sums, "1 2"));
  EXPECT_FALSE(matches(*sums, "(1"));
  const auto state = after(*sums, "1 + (2*");
  ASSERT_TRUE(state);
  EXPECT_TRUE(way_to_end(*sums, *state, "0)"));
}

TEST(Lark, LazyTerminalsEndAtOnce) {
  check("start: TEXT \"!\"\nTEXT[lazy]: /.*end/", {"end!", "an end!"}, {"endend!", "end"});
  check("start: body \"!\"\nbody[stop=\"</x>\"]: /(?s:.*)/", {"a\nb</x>!", "</x>!"},
        {"a</x>b</x>!", "a!"});
  check("start: body\nbody[suffix=/[.?]/]: /[a-z ]*/", {"is it?", "."}, {"is it", "a.b."});
}

TEST(Lark, HoldsSchemas) {
  check(
      "start: \"call\" %json {\"type\":\"object\",\"properties\":{\"}\":{\"type\":\"null\"}},"
      "\"required\":[\"}\"],\"additionalProperties\":false} \";\"",
      {"call{\"}\": null};"}, {"call{};", "call;"});
}

TEST(Lark, KnowsTheCommonLibrary) {
  const struct {
    const char *name, *matches, *fails;
  } cases[] = {
      {"DIGIT", "7", "77"},
      {"HEXDIGIT", "F", "G"},
      {"SIGNED_INT", "-12", "1.5"},
      {"FLOAT", "1.5e-3", "15"},
      {"NUMBER", "15", "-15"},
      {"SIGNED_NUMBER", "+1.", "."},
      {"ESCAPED_STRING", "\"a\\\"b\"", "\"a\"b\""},
      {"WORD", "Abc", "a1"},
      {"CNAME", "_a1", "1a"},
      {"WS", " \n\t", "x"},
      {"NEWLINE", "\r\n\n", "\r"},
      {"SH_COMMENT", "# x", "x"},
      {"CPP_COMMENT", "// x", "/ x"},
      {"C_COMMENT", "/* a*b **/", "/* */ */"},
  };
  for (const auto& row : cases) {
    check("start: " + std::string(row.name) + "\n%import common." + row.name, {row.matches},
          {row.fails});
  }
}

TEST(Lark, RefusesByName) {
  const struct {
    const char *grammar, *keyword, *place;
    RefusalCode code;
  } cases[] = {
      {"start: <|eot|>", "token terminal", "line 1, column 8", RefusalCode::kUnsupportedKeyword},
      {"start: a\na[max_tokens=3]: \"x\"", "max_tokens", "line 2, column 3",
       RefusalCode::kUnsupportedKeyword},
      {"start[temperature=0.5]: \"x\"", "temperature", "line 1, column 7",
       RefusalCode::kUnsupportedKeyword},
      {"start[capture]: \"x\"", "capture", "line 1, column 7", RefusalCode::kUnsupportedKeyword},
      {"%declare A\nstart: A", "%declare", "line 1, column 1", RefusalCode::kUnsupportedKeyword},
      {"%import python.NAME\nstart: NAME", "%import", "line 1, column 9",
       RefusalCode::kUnsupportedKeyword},
      {"start: %regex {}", "%", "line 1, column 8", RefusalCode::kUnsupportedKeyword},
      {"start: list{a}", "template", "line 1, column 8", RefusalCode::kUnsupportedKeyword},
      {"start: x", "", "line 1, column 8", RefusalCode::kMalformedGrammar},
      {"start: X", "", "line 1, column 8", RefusalCode::kMalformedGrammar},
      {"other: \"x\"", "", "line 1, column 1", RefusalCode::kMalformedGrammar},
      {"start: A\nA: B\nB: A", "", "line 3, column 4", RefusalCode::kMalformedGrammar},
      {"start: A\nA: start", "", "line 2, column 4", RefusalCode::kMalformedGrammar},
      {"start: A\nA: \"x\"*", "", "line 1, column 8", RefusalCode::kMalformedGrammar},
      {"start: \"x", "", "line 1, column 8", RefusalCode::kMalformedGrammar},
      {"start: (\"x\"", "", "line 1, column 12", RefusalCode::kMalformedGrammar},
      {"start: \"x\"\nstart: \"y\"", "", "line 2, column 1", RefusalCode::kMalformedGrammar},
  };
  for (const auto& row : cases) {
    const auto machine = make_lark_machine(row.grammar, {}, inner);
    ASSERT_FALSE(machine) << row.grammar;
    EXPECT_EQ(machine.error().code, row.code) << row.grammar << machine.error().message;
    EXPECT_EQ(machine.error().keyword, row.keyword) << row.grammar;
    EXPECT_EQ(machine.error().pointer, row.place) << row.grammar << machine.error().message;
  }
}

}  // namespace
}  // namespace diptych::grammar
