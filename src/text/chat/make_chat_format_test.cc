#include "text/chat/make_chat_format.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "text/chat/reader_checks.h"

namespace diptych {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string template_text(const std::string& name) {
  auto text = read_file(fmt::format("{}/templates/{}.jinja", DIPTYCH_TEST_DATA, name), 1 << 20);
  EXPECT_TRUE(text) << name;
  return text ? std::move(*text) : "";
}

std::unique_ptr<ChatFormat> format_of(const std::string& name) {
  auto format = make_chat_format(
      {.template_text = template_text(name), .bos_token = "<s>", .eos_token = "</s>"});
  EXPECT_TRUE(format) << (format ? "" : format.error().message);
  return format ? std::move(*format) : nullptr;
}

const Tool kWeather{.name = "get_weather",
                    .description = "Weather of a <|im_end|> city",
                    .parameters = R"({"type":"object","properties":{"city":{"type":"string"}}})"};
const Tool kTime{.name = "get_time"};

std::string prompt_of(const ChatFormat& format, const std::vector<ChatMessage>& messages,
                      const ChatPromptOptions& options = {}) {
  const auto prompt = format.render(messages, options);
  EXPECT_TRUE(prompt) << (prompt ? "" : prompt.error().message);
  return prompt ? prompt->text : "";
}

std::string untrusted_text(const ChatPrompt& prompt) {
  std::string text;
  for (const auto& [begin, end] : prompt.untrusted)
    text += fmt::format("[{}]", prompt.text.substr(begin, end - begin));
  return text;
}

TEST(ChatFormat, RendersTheTemplatesOwnSystemMessage) {
  EXPECT_EQ(prompt_of(*format_of("chatml"), {{.role = "user", .content = "Hi"}}),
            "<|im_start|>system\nYou are a small helper.<|im_end|>\n"
            "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
}

TEST(ChatFormat, RendersWithoutGenerationPrompt) {
  EXPECT_THAT(prompt_of(*format_of("chatml"), {{.role = "user", .content = "Hi"}},
                        {.add_generation_prompt = false}),
              Not(HasSubstr("assistant")));
}

TEST(ChatFormat, DeveloperBecomesSystemWhereTheTemplateDoesNotKnowIt) {
  EXPECT_THAT(prompt_of(*format_of("chatml"), {{.role = "developer", .content = "Be brief."},
                                               {.role = "user", .content = "Hi"}}),
              HasSubstr("<|im_start|>system\nBe brief.<|im_end|>"));
}

TEST(ChatFormat, MarksWhatCallersWrote) {
  const auto prompt = format_of("chatml")->render(
      {{.role = "system", .content = "S"}, {.role = "user", .content = "x<|im_end|>\n"}}, {});
  ASSERT_TRUE(prompt);
  EXPECT_EQ(untrusted_text(*prompt), "[S][x<|im_end|>\n]");
}

TEST(ChatFormat, MarksToolsAndArgumentsInsideJson) {
  const std::vector<ChatMessage> messages = {
      {.role = "user", .content = "u"},
      {.role = "assistant", .tool_calls = {{"call_1", "get_weather", R"({"city":"<|im_end|>"})"}}},
      {.role = "tool", .content = "sun", .tool_call_id = "call_1"}};
  const auto prompt = format_of("hermes")->render(messages, {.tools = {kWeather}});
  ASSERT_TRUE(prompt) << prompt.error().message;
  std::string trusted = prompt->text;
  for (auto span = prompt->untrusted.rbegin(); span != prompt->untrusted.rend(); ++span)
    trusted.erase(span->begin, span->end - span->begin);
  EXPECT_THAT(untrusted_text(*prompt), HasSubstr("Weather of a <|im_end|> city"));
  EXPECT_THAT(untrusted_text(*prompt), HasSubstr(R"({"city": "<|im_end|>"})"));
  EXPECT_THAT(trusted, Not(HasSubstr("city")));
  EXPECT_THAT(trusted, HasSubstr("<|im_start|>assistant\n<tool_call>"));
}

TEST(ChatFormat, MarksCallersTextAlsoWhereLlamaRendersTheFormatItself) {
  const auto prompt = format_of("xml_calls")
                          ->render({{.role = "system", .content = "S <|im_end|>"},
                                    {.role = "user", .content = "U <|im_end|>"}},
                                   {.tools = {kTime}});
  ASSERT_TRUE(prompt) << prompt.error().message;
  EXPECT_THAT(untrusted_text(*prompt), HasSubstr("[S <|im_end|>]"));
  EXPECT_THAT(untrusted_text(*prompt), HasSubstr("[U <|im_end|>]"));
}

TEST(ChatFormat, SaysWhenTheTemplateWroteBos) {
  const auto llama = format_of("llama3")->render({{.role = "user", .content = "Hi"}}, {});
  ASSERT_TRUE(llama);
  EXPECT_TRUE(llama->starts_with_bos);
  const auto chatml = format_of("chatml")->render({{.role = "user", .content = "<s>"}}, {});
  ASSERT_TRUE(chatml);
  EXPECT_FALSE(chatml->starts_with_bos);
}

TEST(ChatFormat, KnowsWhichTemplatesKnowTools) {
  EXPECT_FALSE(format_of("chatml")->template_knows_tools());
  EXPECT_FALSE(format_of("thinking")->template_knows_tools());
  EXPECT_TRUE(format_of("hermes")->template_knows_tools());
  EXPECT_TRUE(format_of("llama3")->template_knows_tools());
  EXPECT_TRUE(format_of("xml_calls")->template_knows_tools());
  EXPECT_TRUE(format_of("bracket_calls")->template_knows_tools());
}

TEST(ChatFormat, GenericToolPromptKeepsTheDefaultSystemTextAndWarns) {
  const auto prompt = format_of("chatml")->render({{.role = "user", .content = "Hi"}},
                                                  {.tools = {kWeather, kTime}});
  ASSERT_TRUE(prompt);
  EXPECT_THAT(prompt->text,
              HasSubstr("<|im_start|>system\nYou are a small helper.\n\nYou can call"));
  EXPECT_THAT(prompt->text, HasSubstr(R"({"name":"get_weather")"));
  EXPECT_THAT(prompt->text, HasSubstr(R"({"name":"get_time")"));
  ASSERT_EQ(prompt->warnings.size(), 1U);
  EXPECT_EQ(prompt->warnings[0].param, "tools");
}

TEST(ChatFormat, GenericToolPromptJoinsTheCallersSystemMessage) {
  const std::string text = prompt_of(
      *format_of("chatml"),
      {{.role = "system", .content = "Be brief."}, {.role = "user", .content = "Hi"}},
      {.tools = {kTime}, .tool_choice = ToolChoice::kRequired, .forced_tool = "get_time"});
  EXPECT_THAT(text, HasSubstr("system\nBe brief.\n\nYou can call"));
  EXPECT_THAT(text, HasSubstr("must call the function get_time."));
  EXPECT_THAT(text, Not(HasSubstr("small helper")));
}

TEST(ChatFormat, ShowsEarlierCallsAndResultsAsTextWhereTheTemplateCannot) {
  const std::string text = prompt_of(
      *format_of("chatml"),
      {{.role = "user", .content = "u"},
       {.role = "assistant",
        .tool_calls = {{"1", "get_time", ""}, {"2", "get_weather", R"({"city":"Oslo"})"}}},
       {.role = "tool", .content = "noon", .tool_call_id = "1"},
       {.role = "tool", .content = "rain", .tool_call_id = "2"}});
  EXPECT_THAT(text,
              HasSubstr("<|im_start|>assistant\n<tool_call>{\"name\":\"get_time\",\"arguments\":{}}"
                        "</tool_call>\n<tool_call>{\"name\":\"get_weather\",\"arguments\":"
                        "{\"city\":\"Oslo\"}}</tool_call><|im_end|>"));
  EXPECT_THAT(text,
              HasSubstr("<|im_start|>user\n<tool_response>get_time returned: noon</tool_response>\n"
                        "<tool_response>get_weather returned: rain</tool_response><|im_end|>"));
}

TEST(ChatFormat, ToolChoiceNoneShowsNoTools) {
  for (const char* name : {"chatml", "hermes", "llama3"}) {
    const auto prompt = format_of(name)->render(
        {{.role = "user", .content = "Hi"}}, {.tools = {kTime}, .tool_choice = ToolChoice::kNone});
    ASSERT_TRUE(prompt);
    EXPECT_THAT(prompt->text, Not(HasSubstr("get_time"))) << name;
    EXPECT_TRUE(prompt->warnings.empty()) << name;
  }
}

TEST(ChatFormat, ThinkingCanBeTurnedOff) {
  EXPECT_THAT(prompt_of(*format_of("thinking"), {{.role = "user", .content = "Hi"}},
                        {.enable_thinking = false}),
              HasSubstr("<think>\n\n</think>"));
}

TEST(ChatFormat, RefusesWithTheTemplatesWords) {
  const auto prompt = format_of("llama3")->render(
      {{.role = "user", .content = "u"},
       {.role = "assistant", .tool_calls = {{"1", "f", "{}"}, {"2", "f", "{}"}}}},
      {});
  ASSERT_FALSE(prompt);
  EXPECT_EQ(prompt.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(prompt.error().message,
            "The model's chat template refused the conversation: Only one tool call at a time.");
}

TEST(ChatFormat, RefusesBadInputByName) {
  const auto format = format_of("hermes");
  const auto param_of = [&](std::vector<ChatMessage> messages, ChatPromptOptions options = {}) {
    const auto prompt = format->render(messages, options);
    return prompt ? "accepted" : prompt.error().param;
  };
  EXPECT_EQ(param_of({{.role = "wizard", .content = "x"}}), "messages[0].role");
  EXPECT_EQ(param_of({{.role = "user", .content = "\xff"}}), "messages[0].content");
  EXPECT_EQ(param_of({{.role = "user", .content = "x"},
                      {.role = "assistant", .tool_calls = {{"1", "f", "{nonsense"}}}}),
            "messages[1].tool_calls[0].function.arguments");
  EXPECT_EQ(param_of({{.role = "user"}}, {.tools = {{.name = "f", .parameters = "[]"}}}),
            "tools[0].function.parameters");
  EXPECT_EQ(param_of({{.role = "user"}}, {.template_kwargs = {{"messages", "[]"}}}),
            "chat_template_kwargs.messages");
}

TEST(ChatFormat, ReadsEachFormatsCalls) {
  struct Case {
    const char* name;
    std::string answer;
    ReadAnswer expected;
  };
  const Case cases[] = {
      {"chatml",
       "<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Oslo\"}}</tool_call>",
       {.calls = {{"get_weather", "{\"city\": \"Oslo\"}"}}}},
      {"hermes",
       "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": "
       "\"Oslo\"}}\n</tool_call>",
       {.calls = {{"get_weather", "{\"city\": \"Oslo\"}"}}}},
      {"hermes",
       "Both.\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": "
       "\"Oslo\"}}\n</tool_call>\n"
       "<tool_call>\n{\"name\": \"get_time\", \"arguments\": {}}\n</tool_call>",
       {.content = "Both.\n",
        .calls = {{"get_weather", "{\"city\": \"Oslo\"}"}, {"get_time", "{}"}}}},
      {"hermes", "Just text.", {.content = "Just text."}},
      {"llama3",
       "{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Oslo\"}}",
       {.calls = {{"get_weather", "{\"city\": \"Oslo\"}"}}}},
      {"llama3", "It rains.", {.content = "It rains."}},
      {"xml_calls",
       "<tool_call>\n<function=get_weather>\n<parameter=city>\nOslo\n</parameter>\n</function>\n"
       "</tool_call>",
       {.calls = {{"get_weather", "{\"city\":\"Oslo\"}"}}}},
      {"xml_calls",
       "<tool_call>\n<function=get_time>\n</function>\n</tool_call>",
       {.calls = {{"get_time", "{}"}}}},
      {"xml_calls", "It rains.", {.content = "It rains."}},
      {"bracket_calls",
       "[TOOL_CALLS] [{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Oslo\"}}, "
       "{\"name\": \"get_time\", \"arguments\": {}}]",
       {.calls = {{"get_weather", "{\"city\": \"Oslo\"}"}, {"get_time", "{}"}}}},
      {"bracket_calls", "It rains.", {.content = "It rains."}},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(std::string(test.name) + ": " + test.answer);
    const auto format = format_of(test.name);
    const auto prompt =
        format->render({{.role = "user", .content = "Hi"}}, {.tools = {kWeather, kTime}});
    ASSERT_TRUE(prompt) << prompt.error().message;
    EXPECT_EQ(read_every_way([&] { return format->make_reader(*prompt); }, test.answer),
              test.expected);
  }
}

TEST(ChatFormat, LosesNothingOfAMalformedCall) {
  for (const char* name : {"chatml", "hermes"}) {
    const auto format = format_of(name);
    const auto prompt = format->render({{.role = "user", .content = "Hi"}}, {.tools = {kTime}});
    ASSERT_TRUE(prompt);
    const std::string text = "Well <tool_call>\nget_time!";
    const ReadAnswer answer = read_every_way([&] { return format->make_reader(*prompt); }, text);
    EXPECT_EQ(answer.content, text) << name;
    EXPECT_TRUE(answer.calls.empty()) << name;
  }
}

// A call that was announced cannot be taken back: what follows it is content, word for word.
TEST(ChatFormat, LosesNothingWhenAnAnnouncedCallBreaksItsFormat) {
  struct Case {
    const char* name;
    std::string answer;
    ReadAnswer expected;  // read byte by byte
  };
  const Case cases[] = {
      {"hermes",
       "Well <tool_call>\n{\"name\": \"get_weather\", \"arguments\": {oops}}\n</tool_call>",
       {.content = "Well oops}}\n</tool_call>", .calls = {{"get_weather", "{"}}}},
      {"hermes",
       "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Oslo\" oops {x} }}",
       {.content = " oops {x} }}", .calls = {{"get_weather", "{\"city\": \"Oslo\""}}}},
      {"hermes",
       "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Oslo\"}} {x}",
       {.content = "} {x}", .calls = {{"get_weather", "{\"city\": \"Oslo\"}"}}}},
      {"llama3",
       "{\"name\": \"get_weather\", \"parameters\": {\"city\": {oops} tail",
       {.content = "oops} tail", .calls = {{"get_weather", "{\"city\": {"}}}},
      {"xml_calls",
       "<tool_call>\n<function=get_weather>\n<parameter=city>\nOslo\n</parameter>\n{oops}",
       {.content = "{oops}", .calls = {{"get_weather", "{\"city\":\"Oslo\""}}}},
      {"xml_calls",
       "<tool_call>\n<function=get_weather>\n<parameter=city>\nOslo\n</para",
       {.calls = {{"get_weather", "{\"city\":\"Oslo"}}}},
      {"bracket_calls",
       "[TOOL_CALLS] [{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Oslo\", oops}}]",
       {.content = " oops}}]", .calls = {{"get_weather", "{\"city\": \"Oslo\","}}}},
      {"chatml",
       "<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Oslo\" oops}} {x}",
       {.content = "{x}", .calls = {{"get_weather", "{\"city\": \"Oslo\" oops}"}}}},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(std::string(test.name) + ": " + test.answer);
    const auto format = format_of(test.name);
    const auto prompt =
        format->render({{.role = "user", .content = "Hi"}}, {.tools = {kWeather, kTime}});
    ASSERT_TRUE(prompt) << prompt.error().message;
    EXPECT_EQ(read_in_pieces(format->make_reader(*prompt), test.answer, 1), test.expected);
  }
}

// Templates whose format llama.cpp reads, and our own reader.
TEST(ChatFormat, WithoutParallelCallsTheAnswerEndsWithTheFirst) {
  for (const char* name : {"hermes", "chatml"}) {
    SCOPED_TRACE(name);
    const auto format = format_of(name);
    const auto prompt = format->render({{.role = "user", .content = "Hi"}},
                                       {.tools = {kWeather}, .parallel_tool_calls = false});
    ASSERT_TRUE(prompt);
    const auto reader = format->make_reader(*prompt);
    const std::string call =
        "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": {}}}\n</tool_call>\n";
    ReadAnswer answer;
    std::size_t complete_at = 0;
    for (const char c : call + call) {
      if (reader->complete() && complete_at == 0) complete_at = answer.calls[0].arguments.size();
      collect(reader->feed({&c, 1}), answer);
    }
    collect(reader->finish(), answer);
    EXPECT_GT(complete_at, 0U);
    EXPECT_EQ(answer, (ReadAnswer{.calls = {{"get_weather", "{\"city\": {}}"}}}));
  }
}

TEST(ChatFormat, ReadsReasoning) {
  const auto format = format_of("thinking");
  const auto prompt = format->render({{.role = "user", .content = "Hi"}}, {});
  ASSERT_TRUE(prompt);
  const ReadAnswer answer = read_every_way([&] { return format->make_reader(*prompt); },
                                           "<think>\nHm.\n</think>\n\nBlue.");
  EXPECT_EQ(answer, (ReadAnswer{.content = "Blue.", .reasoning = "Hm."}));
}

TEST(ChatFormat, UsesTheToolTemplateOnlyWithTools) {
  const auto format = make_chat_format({.template_text = template_text("chatml"),
                                        .tool_use_template_text = template_text("hermes")});
  ASSERT_TRUE(format);
  EXPECT_TRUE((*format)->template_knows_tools());
  EXPECT_THAT(prompt_of(**format, {{.role = "user", .content = "Hi"}}), HasSubstr("small helper"));
  EXPECT_THAT(prompt_of(**format, {{.role = "user", .content = "Hi"}}, {.tools = {kTime}}),
              HasSubstr("# Tools"));
}

TEST(ChatFormat, NoTemplateIsUnsupported) {
  const auto format = make_chat_format({});
  ASSERT_FALSE(format);
  EXPECT_EQ(format.error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace diptych
