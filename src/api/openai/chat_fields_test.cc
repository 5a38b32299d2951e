// Every field of a chat request: what is taken, and by which name and code the rest is refused.

#include <gtest/gtest.h>

#include <algorithm>

#include "api/testing/api_bench.h"

namespace diptych::testing {
namespace {

constexpr char kPath[] = "/v1/chat/completions";

std::string body_with(const std::string& members) {
  return R"({"model":"m","messages":[{"role":"user","content":"hi"}])" +
         (members.empty() ? "" : "," + members) + "}";
}

struct Refusal {
  std::string members, param, code;
};

constexpr char kTool[] =
    R"("tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}])";

void expect_refused(const Refusal& each) {
  ApiBench bench;
  const Answer answer = bench.post(kPath, body_with(each.members));
  EXPECT_EQ(answer.status, 400) << each.members << answer.body;
  EXPECT_EQ(error_param(answer), each.param) << each.members << answer.body;
  EXPECT_EQ(error_code(answer), each.code) << each.members << answer.body;
  EXPECT_TRUE(bench.scheduler().requests.empty()) << each.members;
}

TEST(ChatFields, AreRefusedByName) {
  const Refusal cases[] = {
      {R"("frobnicate":7)", "frobnicate", "unknown_parameter"},
      {R"("temperature":-1)", "temperature", "decimal_below_min_value"},
      {R"("temperature":2.1)", "temperature", "decimal_above_max_value"},
      {R"("temperature":"x")", "temperature", "invalid_type"},
      {R"("top_p":5)", "top_p", "decimal_above_max_value"},
      {R"("n":0)", "n", "integer_below_min_value"},
      {R"("n":17)", "n", "integer_above_max_value"},
      {R"("n":129)", "n", "integer_above_max_value"},
      {R"("max_tokens":0)", "max_tokens", "integer_below_min_value"},
      {R"("max_completion_tokens":-5)", "max_completion_tokens", "integer_below_min_value"},
      {R"("max_completion_tokens":5,"max_tokens":5)", "max_tokens", "invalid_value"},
      {R"("max_tokens":99999999999)", "max_tokens", "integer_above_max_value"},
      {R"("max_tokens":1000)", "max_tokens", "integer_above_max_value"},
      {R"("max_completion_tokens":1000)", "max_completion_tokens", "integer_above_max_value"},
      {R"("max_tokens":999)", "messages", "context_length_exceeded"},
      {R"("stop":["a","b","c","d","e"])", "stop", "array_above_max_length"},
      {R"("stop":[])", "stop", "empty_array"},
      {R"("stop":[""])", "stop[0]", "empty_string"},
      {R"("stop":3)", "stop", "invalid_type"},
      {R"("stop":[3])", "stop[0]", "invalid_type"},
      {R"("stream":"yes")", "stream", "invalid_type"},
      {R"("stream_options":{"include_usage":true})", "stream_options", "invalid_value"},
      {R"("stream":true,"stream_options":{"foo":1})", "stream_options.foo", "unknown_parameter"},
      {R"("stream":true,"stream_options":{"include_usage":1})", "stream_options.include_usage",
       "invalid_type"},
      {R"("top_logprobs":3)", "top_logprobs", "invalid_value"},
      {R"("logprobs":true,"top_logprobs":50)", "top_logprobs", "integer_above_max_value"},
      {R"("logprobs":3)", "logprobs", "invalid_type"},
      {R"("logit_bias":{"99999999":1})", "logit_bias", "invalid_value"},
      {R"("logit_bias":{"abc":1})", "logit_bias", "invalid_value"},
      {R"("logit_bias":{"5":101})", "logit_bias.5", "decimal_above_max_value"},
      {R"("logit_bias":{"5":"a"})", "logit_bias.5", "invalid_type"},
      {R"("frequency_penalty":99)", "frequency_penalty", "decimal_above_max_value"},
      {R"("presence_penalty":-2.5)", "presence_penalty", "decimal_below_min_value"},
      {R"("seed":1.5)", "seed", "invalid_type"},
      {R"("response_format":{"type":"xml"})", "response_format.type", "invalid_value"},
      {R"("response_format":{"type":"json_schema"})", "response_format.json_schema",
       "missing_required_parameter"},
      {R"("response_format":{"type":"json_schema","json_schema":{"name":"a"}})",
       "response_format.json_schema.schema", "missing_required_parameter"},
      {R"("response_format":{"type":"json_schema","json_schema":{"name":"a b","schema":{}}})",
       "response_format.json_schema.name", "invalid_value"},
      {R"("response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"type":"strin"}}})",
       "response_format.json_schema.schema", "malformed_schema"},
      {R"("response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"pattern":"(a)\\1"}}})",
       "response_format.json_schema.schema", "unsupported_regex"},
      {R"("response_format":{"type":"json_schema","json_schema":{"name":"a","schema":false}})",
       "response_format.json_schema.schema", "unsatisfiable"},
      {R"("response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"maximum":18446744073709551615}}})",
       "response_format.json_schema.schema", "invalid_value"},
      {R"("response_format":{"type":"json_object"},"min_tokens":3)", "min_tokens", "invalid_value"},
      {R"("response_format":{"type":"json_object"},"guided_json":{})", "guided_json",
       "invalid_value"},
      {R"("response_format":{})", "response_format.type", "missing_required_parameter"},
  };
  for (const Refusal& each : cases) expect_refused(each);
}

TEST(ChatFields, OfToolsAreRefusedByName) {
  const std::string tool = kTool;
  const Refusal cases[] = {
      {tool + R"(,"tool_choice":"required","response_format":{"type":"json_object"})",
       "tool_choice", "invalid_value"},
      {tool + R"(,"tool_choice":{"type":"function","function":{"name":"g"}})",
       "tool_choice.function", "invalid_value"},
      {tool + R"(,"tool_choice":{"type":"custom","custom":{"name":"g"}})", "tool_choice.type",
       "invalid_value"},
      {tool + R"(,"tool_choice":"maybe")", "tool_choice", "invalid_value"},
      {tool +
           R"(,"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"maybe","tools":[]}})",
       "tool_choice.allowed_tools.mode", "invalid_value"},
      {tool + R"(,"functions":[{"name":"g"}])", "functions", "invalid_value"},
      {R"("tool_choice":"required")", "tool_choice", "invalid_value"},
      {R"("parallel_tool_calls":false)", "parallel_tool_calls", "invalid_value"},
      {R"("tools":[{"type":"function","function":{"name":"bad name"}}])", "tools[0].function.name",
       "invalid_value"},
      {R"("tools":[{"type":"function"}])", "tools[0].function", "missing_required_parameter"},
      {R"("tools":[{"type":"function","function":{"name":"f","x":1}}])", "tools[0].function.x",
       "unknown_parameter"},
      {R"("tools":[{"type":"web_search"}])", "tools[0].type", "unsupported_value"},
      {R"("tools":[{"type":"custom","custom":{"name":"f"}}])", "tools[0].type",
       "unsupported_value"},
      {R"("tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"f"}}])",
       "tools[1]", "invalid_value"},
      {R"("tools":{})", "tools", "invalid_type"},
      {R"("functions":[{"name":"f"}],"function_call":{"name":"g"})", "function_call",
       "invalid_value"},
      {R"("functions":[{"name":"f"}],"function_call":"required")", "function_call",
       "invalid_value"},
      {R"("function_call":"auto")", "function_call", "invalid_value"},
  };
  for (const Refusal& each : cases) expect_refused(each);
}

TEST(ChatFields, OfTheCallerAreRefusedByName) {
  const Refusal cases[] = {
      {R"("reasoning_effort":"banana")", "reasoning_effort", "invalid_value"},
      {R"("reasoning_effort":"high")", "reasoning_effort", "unsupported_value"},
      {R"("verbosity":"low")", "verbosity", "unsupported_value"},
      {R"("prediction":{"type":"content"})", "prediction.content", "missing_required_parameter"},
      {R"("service_tier":"gold")", "service_tier", "invalid_value"},
      {R"("prompt_cache_options":{"mode":"explicit"})", "prompt_cache_options.mode",
       "unsupported_value"},
      {R"("prompt_cache_retention":"7d")", "prompt_cache_retention", "invalid_value"},
      {R"("metadata":{"k":7})", "metadata.k", "invalid_type"},
      {R"("metadata":[])", "metadata", "invalid_type"},
      {R"("user":5)", "user", "invalid_type"},
      {R"("modalities":["text","audio"])", "modalities", "unsupported_value"},
      {R"("audio":{"voice":"alloy"})", "audio", "unsupported_parameter"},
      {R"("web_search_options":{})", "web_search_options", "unsupported_parameter"},
      {R"("moderation":{})", "moderation", "unsupported_parameter"},
  };
  for (const Refusal& each : cases) expect_refused(each);
}

TEST(ChatFields, OfLocalSamplersAreRefusedByName) {
  const Refusal cases[] = {
      {R"("top_k":-2)", "top_k", "integer_below_min_value"},
      {R"("min_p":2)", "min_p", "decimal_above_max_value"},
      {R"("typ_p":2)", "typ_p", "decimal_above_max_value"},
      {R"("repeat_penalty":0)", "repeat_penalty", "decimal_below_min_value"},
      {R"("repeat_penalty":1.1,"repetition_penalty":1.1)", "repeat_penalty", "invalid_value"},
      {R"("repeat_last_n":-2)", "repeat_last_n", "integer_below_min_value"},
      {R"("min_tokens":20,"max_tokens":10)", "min_tokens", "invalid_value"},
      {R"("stop_token_ids":[99999])", "stop_token_ids", "invalid_value"},
      {R"("mirostat":2)", "mirostat", "unsupported_parameter"},
      {R"("grammar":"root ::= x")", "grammar", "malformed_grammar"},
      {R"("guided_json":"{")", "guided_json", "malformed_schema"},
      {R"("guided_regex":"(")", "guided_regex", "malformed_grammar"},
      {R"("guided_choice":[])", "guided_choice", "empty_array"},
      {R"("structured_outputs":{"yaml":1})", "structured_outputs.yaml", "unknown_parameter"},
      {R"("chat_template":"x")", "chat_template", "unsupported_parameter"},
      {R"("chat_template_kwargs":{"enable_thinking":"no"})", "chat_template_kwargs.enable_thinking",
       "invalid_type"},
  };
  for (const Refusal& each : cases) expect_refused(each);
}

TEST(ChatFields, MessagesAreRefusedByPath) {
  const Refusal cases[] = {
      {R"([])", "messages", "empty_array"},
      {R"("hi")", "messages", "invalid_type"},
      {R"([5])", "messages[0]", "invalid_type"},
      {R"([{"content":"x"}])", "messages[0].role", "missing_required_parameter"},
      {R"([{"role":"wizard","content":"x"}])", "messages[0].role", "invalid_value"},
      {R"([{"role":"user"}])", "messages[0].content", "missing_required_parameter"},
      {R"([{"role":"user","content":null}])", "messages[0].content", "invalid_type"},
      {R"([{"role":"user","content":[]}])", "messages[0].content", "empty_array"},
      {R"([{"role":"user","content":"x","mood":1}])", "messages[0].mood", "unknown_parameter"},
      {R"([{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"x"}}]}])",
       "messages[0].content[1].type", "unsupported_value"},
      {R"([{"role":"user","content":[{"type":"input_audio"}]}])", "messages[0].content[0].type",
       "unsupported_value"},
      {R"([{"role":"user","content":[{"type":"file"}]}])", "messages[0].content[0].type",
       "unsupported_value"},
      {R"([{"role":"user","content":[{"type":"poem"}]}])", "messages[0].content[0].type",
       "invalid_value"},
      {R"([{"role":"user","content":[{"type":"text"}]}])", "messages[0].content[0].text",
       "missing_required_parameter"},
      {R"([{"role":"user","content":[{"type":"text","text":1}]}])", "messages[0].content[0].text",
       "invalid_type"},
      {R"([{"role":"user","content":[{"type":"text","text":"a","colour":1}]}])",
       "messages[0].content[0].colour", "unknown_parameter"},
      {R"([{"role":"assistant"}])", "messages[0].content", "missing_required_parameter"},
      {R"([{"role":"tool","content":"x","tool_call_id":"c"}])", "messages[0].tool_call_id",
       "invalid_value"},
      {R"([{"role":"tool","content":"x"}])", "messages[0].tool_call_id",
       "missing_required_parameter"},
      {R"([{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}])",
       "messages", "invalid_value"},
      {R"([{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"user","content":"x"}])",
       "messages[1].role", "invalid_value"},
      {R"([{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f"}}]}])",
       "messages[0].tool_calls[0].function.arguments", "missing_required_parameter"},
  };
  for (const Refusal& each : cases) {
    ApiBench bench;
    const Answer answer = bench.post(kPath, R"({"model":"m","messages":)" + each.members + "}");
    EXPECT_EQ(answer.status, 400) << each.members << answer.body;
    EXPECT_EQ(error_param(answer), each.param) << each.members << answer.body;
    EXPECT_EQ(error_code(answer), each.code) << each.members << answer.body;
  }
}

TEST(ChatFields, ReachTheGeneration) {
  ApiBench bench;
  const Answer answer = bench.send(Call{
      .method = "POST",
      .path = kPath,
      .body = body_with(
          R"("temperature":0.5,"top_p":0.9,"n":3,"max_completion_tokens":7,"stop":["x","y"],"seed":-4,"logit_bias":{"65":-100},
        "frequency_penalty":1,"presence_penalty":-1,"top_k":40,"min_p":0.1,"typ_p":0.8,"repeat_penalty":1.2,"repeat_last_n":-1,"ignore_eos":true,
        "min_tokens":2,"stop_token_ids":[66],"include_stop_str_in_output":true,"skip_special_tokens":false,"cache_salt":"s","service_tier":"flex",
        "logprobs":true,"top_logprobs":4)"),
      .caller = {.key_id = "key_1"}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  const GenerationRequest& request = bench.scheduler().requests.at(0);
  EXPECT_EQ(request.sampling.temperature, 0.5);
  EXPECT_EQ(request.sampling.top_p, 0.9);
  EXPECT_EQ(request.choice_count, 3);
  EXPECT_EQ(request.token_count_max, 7);
  EXPECT_EQ(request.stops, (std::vector<std::string>{"<|end|>", "x", "y"}));
  EXPECT_EQ(request.sampling.seed, static_cast<std::uint64_t>(-4));
  EXPECT_EQ(request.sampling.logit_bias, (std::vector<std::pair<TokenId, float>>{{65, -100.0f}}));
  EXPECT_EQ(request.sampling.frequency_penalty, 1);
  EXPECT_EQ(request.sampling.presence_penalty, -1);
  EXPECT_EQ(request.sampling.top_k, 40);
  EXPECT_EQ(request.sampling.min_p, 0.1);
  EXPECT_EQ(request.sampling.typical_p, 0.8);
  EXPECT_EQ(request.sampling.repetition_penalty, 1.2);
  EXPECT_EQ(request.sampling.repetition_window, -1);
  EXPECT_TRUE(request.ignore_end);
  EXPECT_EQ(request.token_count_min, 2);
  EXPECT_EQ(request.stop_tokens, (std::vector<TokenId>{66}));
  EXPECT_TRUE(request.include_stop);
  EXPECT_TRUE(request.keep_special);
  EXPECT_EQ(request.owner, "key_1");
  EXPECT_EQ(request.priority, Priority::kFlex);
  EXPECT_EQ(request.top_logprob_count, 4);
  EXPECT_TRUE(request.timeout);
  EXPECT_EQ(body_of(answer)["service_tier"].as_string(), "flex");
}

TEST(ChatFields, CacheSaltsNeverMixKeys) {
  const auto salt = [](std::string key, const std::string& members) {
    ApiBench bench;
    bench.send(Call{.method = "POST",
                    .path = kPath,
                    .body = body_with(members),
                    .caller = {.key_id = std::move(key)}});
    return bench.scheduler().requests.at(0).cache_salt;
  };
  EXPECT_EQ(salt("a", R"("cache_salt":"x")"), salt("a", R"("cache_salt":"x")"));
  EXPECT_NE(salt("a", R"("cache_salt":"x")"), salt("a", ""));
  EXPECT_NE(salt("a", R"("cache_salt":":b")"), salt("a:", R"("cache_salt":"b")"));
  EXPECT_NE(salt("a", R"("cache_prompt":false)"), salt("a", R"("cache_prompt":false)"));
}

TEST(ChatFields, WithoutALimitTheRoomIsLeft) {
  ApiBench bench;
  bench.model->context = 100;
  ASSERT_EQ(bench.post(kPath, body_with("")).status, 200);
  const GenerationRequest& request = bench.scheduler().requests.at(0);
  EXPECT_EQ(request.token_count_max, 100 - static_cast<int>(request.prompt.size()));
}

TEST(ChatFields, APromptThatDoesNotFitIsRefusedWithBothNumbers) {
  ApiBench bench;
  bench.model->context = 5;
  const Answer answer = bench.post(kPath, body_with(""));
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(error_code(answer), "context_length_exceeded");
  EXPECT_EQ(body_of(answer)["error"]["message"].as_string(),
            "This model's maximum context length is 5 tokens. However, your messages resulted in 9 "
            "tokens. Please reduce the length of the messages.");
}

TEST(ChatFields, AskNothingInTheirNeutralForms) {
  for (
      const char* members :
      {R"("temperature":null,"top_p":null,"n":null,"stop":null,"seed":null,"logit_bias":null,"response_format":null,"tools":null,"audio":null)",
       R"("response_format":{"type":"text"},"modalities":["text"],"verbosity":"medium","reasoning_effort":"none")",
       R"("user":"u","safety_identifier":"s","metadata":{"a":"b"},"prompt_cache_key":"k","store":false)",
       R"("mirostat":0,"xtc_probability":0.0,"use_beam_search":false,"grammar":"","dry_multiplier":0)",
       R"("tool_choice":"none","stop":"")", R"("stream_options":null,"stream":false)",
       R"("tools":[])"}) {
    ApiBench bench;
    const Answer answer = bench.post(kPath, body_with(members));
    EXPECT_EQ(answer.status, 200) << members << answer.body;
    EXPECT_EQ(body_of(answer)["x_diptych"].find("warnings"), nullptr) << members;
  }
}

TEST(ChatFields, WhatHasNoEffectIsAWarningInTheAnswer) {
  ApiBench bench;
  bench.model->format.knows_tools = false;
  const Answer answer = bench.post(
      kPath, body_with(std::string(kTool) + R"(,"prediction":{"type":"content","content":"x"})"));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json warnings = body_of(answer)["x_diptych"]["warnings"];
  ASSERT_EQ(warnings.as_array().size(), 2u);
  EXPECT_EQ(warnings[0]["param"].as_string(), "prediction");
  EXPECT_EQ(warnings[1]["param"].as_string(), "tools");
  EXPECT_EQ(std::ranges::count(answer.headers, Header{"x-diptych-warnings", "2"}), 1);
}

TEST(ChatFields, AllRolesReachTheTemplate) {
  ApiBench bench;
  const Answer answer = bench.post(kPath, R"({"model":"m","messages":[
    {"role":"developer","content":"d"},{"role":"system","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
    {"role":"user","content":"u","name":"Ann"},
    {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},
    {"role":"tool","tool_call_id":"c1","content":"42"},
    {"role":"assistant","content":[{"type":"refusal","refusal":"no"}]},
    {"role":"assistant","content":null,"function_call":{"name":"g","arguments":"{}"}},
    {"role":"function","name":"g","content":"7"}]})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto& seen = bench.model->format.rendered;
  ASSERT_EQ(seen.size(), 8u);
  EXPECT_EQ(seen[1].content, "a\nb");
  EXPECT_EQ(seen[2].name, "Ann");
  EXPECT_EQ(seen[3].tool_calls.at(0).name, "f");
  EXPECT_EQ(seen[4].tool_call_id, "c1");
  EXPECT_EQ(seen[5].content, "no");
  EXPECT_EQ(seen[7].role, "tool");
  EXPECT_EQ(seen[7].tool_call_id, seen[6].tool_calls.at(0).id);
}

TEST(ChatFields, AllowedToolsAreTheOnlyOnesShown) {
  ApiBench bench;
  const Answer answer = bench.post(
      kPath,
      body_with(
          R"("tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"g"}}],
    "tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"g"}}]}})"));
  ASSERT_EQ(answer.status, 200) << answer.body;
  ASSERT_EQ(bench.model->format.options.tools.size(), 1u);
  EXPECT_EQ(bench.model->format.options.tools[0].name, "g");
}

TEST(ChatFields, TemplateValuesReachTheTemplate) {
  ApiBench bench;
  ASSERT_EQ(
      bench
          .post(
              kPath,
              body_with(
                  R"("chat_template_kwargs":{"enable_thinking":false,"tone":["a"]},"add_generation_prompt":false)"))
          .status,
      200);
  EXPECT_FALSE(bench.model->format.options.enable_thinking);
  EXPECT_FALSE(bench.model->format.options.add_generation_prompt);
  EXPECT_EQ(bench.model->format.options.template_kwargs,
            (std::vector<std::pair<std::string, std::string>>{{"tone", "[\"a\"]"}}));
}

}  // namespace
}  // namespace diptych::testing
