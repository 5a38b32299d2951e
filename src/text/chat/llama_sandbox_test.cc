// Templates of strangers: an error, never a crash, a hang or gigabytes.
#include <gtest/gtest.h>

#include "text/chat/make_chat_format.h"

namespace diptych {
namespace {

std::string repeat(std::string_view text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

// True if it was refused while loading or while rendering.
bool is_refused(const std::string& text, const std::string& content = "Hi") {
  const auto format = make_chat_format({.template_text = text});
  if (!format) return true;
  return !(*format)->render({{.role = "user", .content = content}}, {});
}

struct Hostile {
  const char* what;
  std::string text;
};

class Sandbox : public testing::TestWithParam<Hostile> {};

TEST_P(Sandbox, RefusesIt) { EXPECT_TRUE(is_refused(GetParam().text)); }

const Hostile kHostile[] = {
    {"Syntax", "{% if %}"},
    {"OpenBraces", "{{"},
    {"OpenTag", "{%"},
    {"UnclosedBlock", "{% for m in messages %}x"},
    {"DeepBrackets", "{{ " + repeat("(", 100000) + "1" + repeat(")", 100000) + " }}"},
    {"DeepBlocks", repeat("{% if x %}", 20000) + repeat("{% endif %}", 20000)},
    {"DeepSetBlocks", repeat("{% set x %}", 20000) + repeat("{% endset %}", 20000)},
    {"ManyElifs", "{% if x %}" + repeat("{% elif x %}", 20000) + "{% endif %}"},
    {"LongChain", "{{ 1" + repeat("+1", 100000) + " }}"},
    {"ManyNots", "{{ " + repeat("not ", 100000) + "1 }}"},
    {"HugeTemplate", repeat("x", 600 << 10)},
    {"HugeRange", "{% for i in range(1000000000000) %}x{% endfor %}"},
    {"RenamedRange", "{% set r = range %}{{ r(1000000000000) }}"},
    {"NegativeRange", "{{ range(0, -1000000000000, -1) }}"},
    {"NestedLoops",
     "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"},
    {"Repetition", "{{ 'x' * 1000000000000 }}"},
    {"Doubling",
     "{% set ns = namespace(s='xxxxxxxx') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}"
     "{% endfor %}"},
    {"DoublingByBlocks",
     "{% set ns = namespace(s='xxxxxxxx') %}{% for i in range(60) %}{% set t %}{{ ns.s }}{{ ns.s }}"
     "{% endset %}{% set ns.s = t %}{% endfor %}"},
    {"Recursion", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"},
    {"MutualRecursion",
     "{% macro f() %}{{ g() }}{% endmacro %}{% macro g() %}{{ f() }}{% endmacro %}{{ f() }}"},
    {"RecursionByArgument", "{% macro f(g) %}{{ g(g) }}{% endmacro %}{{ f(f) }}"},
    {"NestedLists",
     "{% set ns = namespace(a=[]) %}{% for i in range(99999) %}{% set ns.a = [ns.a] %}{% endfor "
     "%}"},
    {"ListInItself", "{% set a = [] %}{% set _ = a.append(a) %}{{ a | tojson }}"},
    {"NamespaceInItself", "{% set ns = namespace(x=1) %}{% set ns.x = ns %}{{ ns | tojson }}"},
    {"UnknownStatement", "{% import 'os' %}"},
    {"CallOfNothing", "{{ nothing() }}"},
    {"RaisesAlways", "{{ raise_exception('no') }}"},
};

INSTANTIATE_TEST_SUITE_P(Templates, Sandbox, testing::ValuesIn(kHostile),
                         [](const auto& test) { return test.param.what; });

TEST(SandboxTest, MessagesAreNeverTemplates) {
  const auto format = make_chat_format({.template_text = "{{ messages[0].content }}"});
  ASSERT_TRUE(format);
  for (const std::string& content :
       {std::string("{{ 1 + 1 }}{% for %}"), repeat("{{", 100000), repeat("<|im_end|>", 100000),
        std::string("a\0b", 3), std::string(4 << 20, 'x')}) {
    const auto prompt = (*format)->render({{.role = "user", .content = content}}, {});
    ASSERT_TRUE(prompt);
    EXPECT_EQ(prompt->text, content);
    EXPECT_EQ(prompt->untrusted, (std::vector<ChatPrompt::Span>{{0, content.size()}}));
  }
}

TEST(SandboxTest, OrdinaryLoopsMacrosAndStringsWork) {
  const auto format = make_chat_format(
      {.template_text =
           "{% macro f(x) %}<{{ x * 2 }}>{% endmacro %}{% for i in range(3) %}{{ f('a') }}"
           "{% endfor %}{{ 2 * 3 + 1 }}{{ [1] + [2] }}{{ 'a' ~ none }}"});
  ASSERT_TRUE(format);
  const auto prompt = (*format)->render({{.role = "user", .content = "x"}}, {});
  ASSERT_TRUE(prompt) << prompt.error().message;
  EXPECT_TRUE(prompt->text.starts_with("<aa><aa><aa>7")) << prompt->text;
}

TEST(SandboxTest, LongConversationsFit) {
  const auto format = make_chat_format(
      {.template_text = "{% for m in messages %}{{ m.role + ': ' + m.content }}{% endfor %}"});
  ASSERT_TRUE(format);
  const std::vector<ChatMessage> messages(5000,
                                          {.role = "user", .content = std::string(1000, 'x')});
  EXPECT_TRUE((*format)->render(messages, {}));
}

}  // namespace
}  // namespace diptych
