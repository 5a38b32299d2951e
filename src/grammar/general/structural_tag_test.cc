#include "grammar/general/structural_tag.h"

#include <gtest/gtest.h>

#include "grammar/general/testing/machine_text.h"
#include "grammar/schema/schema.h"
#include "grammar/value/schema_machine.h"

namespace diptych::grammar {
namespace {

Compiled<std::unique_ptr<Machine>> inner(const GrammarSource& source,
                                         const CompileOptions& options) {
  if (source.kind == GrammarKind::kGbnf) return make_gbnf_machine(source.text, options);
  TRY(Schema schema, read_schema(source.text, options));
  return make_schema_machine(std::make_shared<const Schema>(std::move(schema)), options.policy,
                             options.limits);
}

std::unique_ptr<Machine> tags(std::string_view json) {
  auto machine = make_structural_tag_machine(json, {}, inner);
  EXPECT_TRUE(machine) << json << (machine ? "" : machine.error().message);
  return machine ? std::move(*machine) : nullptr;
}

void check(std::string_view json, const std::vector<std::string>& all,
           const std::vector<std::string>& none) {
  const auto machine = tags(json);
  ASSERT_TRUE(machine);
  for (const std::string& text : all) EXPECT_TRUE(matches(*machine, text)) << json << "\n" << text;
  for (const std::string& text : none) {
    EXPECT_FALSE(matches(*machine, text)) << json << "\n" << text;
  }
}

TEST(StructuralTag, TakesTheOlderForm) {
  check(R"json({"type":"structural_tag","triggers":["<function="],"structures":[
      {"begin":"<function=f>","schema":{"type":"object","properties":{"a":{"type":"integer"}},
       "required":["a"],"additionalProperties":false},"end":"</function>"},
      {"begin":"<function=g>","schema":{"enum":[1,2]},"end":"</function>"}]})json",
        {"", "no call <b>", "x <function=f>{\"a\": 1}</function> y <function=g>2</function>"},
        {"<function=h>", "<function=f>{}</function>", "<function=g>2", "<function=g>3</function>"});
}

TEST(StructuralTag, TakesEachFormat) {
  check(R"json({"type":"const_string","value":"ab"})json", {"ab"}, {"a", "abc"});
  check(R"json({"type":"json_schema","json_schema":{"type":"boolean"}})json", {"true"}, {"1"});
  check(R"json({"type":"regex","pattern":"[0-9]+"})json", {"12"}, {"", "a"});
  check(R"json({"type":"grammar","grammar":"root ::= \"x\"+"})json", {"xx"}, {""});
  check(R"json({"type":"any_text","excludes":["no"]})json", {"", "nnn", "\xC3\xA9"},
        {"nno", "not"});
  check(R"json({"type":"or","elements":[{"type":"const_string","value":"a"},{"type":"any_text",
      "excludes":["a"]}]})json",
        {"a", "b"}, {"ab"});
  check(R"json({"type":"sequence","elements":[{"type":"const_string","value":"a"},
      {"type":"regex","pattern":"b*"}]})json",
        {"a", "abb"}, {"b"});
  check(R"json({"type":"structural_tag","format":{"type":"tag","begin":"<","content":
      {"type":"any_text"},"end":[">","!!"]}})json",
        {"<a>", "<!!", "<a!!"}, {"<", "<a>b", "<a!!>"});
  check(R"json({"type":"tags_with_separator","separator":",","at_least_one":true,"tags":[
      {"begin":"(","content":{"type":"regex","pattern":"[a-z]"},"end":")"},
      {"begin":"[","content":{"type":"regex","pattern":"[a-z]"},"end":"]"}]
})json",
        {"(a)", "(a),[b],(c)"}, {"", "(a)(b)", "(a),"});
}

TEST(StructuralTag, TriggersHoldTheirTags) {
  constexpr std::string_view kTags = R"json("tags":[
      {"type":"tag","begin":"<t1>","content":{"type":"regex","pattern":"[0-9]+"},"end":"</t>"},
      {"type":"tag","begin":"<t2>","content":{"type":"any_text"},"end":"</t>"}])json";
  const auto with = [&](std::string_view options) {
    return std::string(R"json({"type":"triggered_tags","triggers":["<t"],)json")
        .append(kTags)
        .append(options)
        .append("}");
  };
  check(with(""), {"", "a<", "<t1>5</t><t2>x</t>z"}, {"<t3>", "<t1>x</t>", "<t2>x"});
  check(with(R"json(,"at_least_one":true)json"), {"q<t1>5</t>w"}, {"", "q", "q<t"});
  check(with(R"json(,"stop_after_first":true)json"), {"", "q<t1>5</t>"}, {"<t1>5</t>w"});
  check(with(R"json(,"at_least_one":true,"stop_after_first":true)json"), {"<t1>5</t>"},
        {"", "<t1>5</t>w"});
}

TEST(StructuralTag, FreeTextStopsAtTheEndAroundIt) {
  check(
      R"json({"type":"tag","begin":"[","end":"]","content":{"type":"triggered_tags","triggers":["<"],
      "tags":[{"begin":"<","content":{"type":"any_text"},"end":">"}]}})json",
      {"[]", "[a]", "[a<]>b]"}, {"[", "[a", "[a<]", "[a]b]"});
}

TEST(StructuralTag, ThinksBeforeItAnswers) {
  check(R"json({"type":"sequence","elements":[
      {"type":"tag","begin":"","content":{"type":"any_text"},"end":"</think>"},
      {"type":"json_schema","json_schema":{"type":"array","items":{"type":"null"}}}]})json",
        {"hm {\"a\"</think>[null]", "</think>[]"}, {"[]", "hm </think>", "</think>[1]"});
}

TEST(StructuralTag, RefusesByName) {
  const struct {
    const char *json, *pointer;
    RefusalCode code;
  } cases[] = {
      {R"json({"type":"qwen_xml_parameter","json_schema":{}})json", "/type",
       RefusalCode::kUnsupportedKeyword},
      {R"json({"type":"structural_tag","format":{"type":"any_text","foo":1}})json", "/format/foo",
       RefusalCode::kUnsupportedKeyword},
      {R"json({"type":"sequence","elements":[{"type":"json_schema","json_schema":{"type":"x"}}]})json",
       "/elements/0/json_schema/type", RefusalCode::kMalformedSchema},
      {R"json({"type":"sequence","elements":[{"type":"grammar","grammar":"root := 1"}]})json",
       "/elements/0/grammar: line 1, column 6", RefusalCode::kMalformedGrammar},
      {R"json({"type":"triggered_tags","triggers":["<"],"tags":[{"begin":"[","content":
        {"type":"any_text"},"end":"]"}]})json",
       "", RefusalCode::kMalformedGrammar},
      {R"json({"type":"tag","begin":"["})json", "", RefusalCode::kMalformedGrammar},
      {"[]", "", RefusalCode::kMalformedGrammar},
      {"{", "", RefusalCode::kMalformedGrammar},
  };
  for (const auto& row : cases) {
    const auto machine = make_structural_tag_machine(row.json, {}, inner);
    ASSERT_FALSE(machine) << row.json;
    EXPECT_EQ(machine.error().code, row.code) << row.json;
    EXPECT_EQ(machine.error().pointer, row.pointer) << row.json;
  }
}

}  // namespace
}  // namespace diptych::grammar
