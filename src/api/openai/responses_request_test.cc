// What a request may ask for: every refusal by name, and what honoured fields become.

#include "api/openai/responses_request.h"

#include <gtest/gtest.h>

#include "api/testing/responses_bench.h"

namespace diptych::openai {
namespace {

using testing::body_of;

struct Refused {
  std::string_view members;  // of the request, beside model
  std::string_view param, code;
};
class ResponseRefusals : public ::testing::TestWithParam<Refused> {};

TEST_P(ResponseRefusals, Are400AndNameTheField) {
  ResponseBench bench;
  const Answer answer = bench.create_with(GetParam().members);
  EXPECT_EQ(answer.status, 400) << answer.body;
  EXPECT_EQ(testing::error_param(answer), GetParam().param) << answer.body;
  EXPECT_EQ(testing::error_code(answer), GetParam().code) << answer.body;
  EXPECT_TRUE(bench.scheduler().requests.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Fields, ResponseRefusals,
    ::testing::Values(
        Refused{R"("stream":true)", "input", "missing_required_parameter"},
        Refused{R"("input":7)", "input", "invalid_type"},
        Refused{R"("input":[])", "input", "empty_array"},
        Refused{R"("input":"hi","frobnicate":1)", "frobnicate", "unknown_parameter"},
        Refused{R"("input":"hi","temperature":3)", "temperature", "decimal_above_max_value"},
        Refused{R"("input":"hi","max_output_tokens":15)", "max_output_tokens",
                "integer_below_min_value"},
        Refused{R"("input":"hi","top_logprobs":21)", "top_logprobs", "integer_above_max_value"},
        Refused{R"("input":"hi","include":["everything"])", "include[0]", "invalid_value"},
        Refused{R"("input":"hi","conversation":"conv_1")", "conversation", "unsupported_parameter"},
        Refused{R"("input":"hi","prompt":{"id":"pmpt_1"})", "prompt", "unsupported_parameter"},
        Refused{R"("input":"hi","moderation":{})", "moderation", "unsupported_parameter"},
        Refused{R"("input":"hi","context_management":[{"type":"compaction"}])",
                "context_management", "unsupported_parameter"},
        Refused{R"("input":"hi","text":{"format":{"type":"json_schema","name":"x"}})",
                "text.format.schema", "missing_required_parameter"},
        Refused{
            R"("input":"hi","text":{"format":{"type":"json_schema","name":"x","schema":false}})",
            "text.format.schema", "unsatisfiable"},
        Refused{R"("input":"hi","text":{"format":{"type":"xml"}})", "text.format.type",
                "invalid_value"},
        Refused{R"("input":"hi","text":{"verbosity":"low"})", "text.verbosity",
                "unsupported_value"},
        Refused{R"("input":"hi","reasoning":{"effort":"high"})", "reasoning.effort",
                "unsupported_value"},
        Refused{R"("input":"hi","reasoning":{"effort":"banana"})", "reasoning.effort",
                "invalid_value"},
        Refused{R"("input":"hi","tools":[{"type":"web_search"}])", "tools[0].type",
                "unsupported_value"},
        Refused{R"("input":"hi","tools":[{"type":"web_search"}])", "tools[0].type",
                "unsupported_value"},
        Refused{R"("input":"hi","tools":[{"type":"custom","name":"x"}])", "tools[0].type",
                "unsupported_value"},
        Refused{R"("input":"hi","background":true,"store":false)", "background", "invalid_value"},
        Refused{R"("input":"hi","stream_options":{"include_obfuscation":true})", "stream_options",
                "invalid_value"},
        Refused{R"("input":"hi","truncation":"middle")", "truncation", "invalid_value"},
        Refused{R"("input":"hi","previous_response_id":"resp_none")", "previous_response_id",
                "previous_response_not_found"},
        Refused{R"("input":[{"role":"wizard","content":"x"}])", "input[0].role", "invalid_value"},
        Refused{R"("input":[{"type":"banana"}])", "input[0].type", "invalid_value"},
        Refused{R"("input":[{"content":"x"}])", "input[0].type", "missing_required_parameter"},
        Refused{R"("input":[{"type":"web_search_call","id":"ws_1"}])", "input[0].type",
                "unsupported_value"},
        Refused{R"("input":[{"type":"custom_tool_call_output","call_id":"c","output":"x"}])",
                "input[0].type", "unsupported_value"},
        Refused{R"("input":[{"role":"user","content":[{"type":"input_image","image_url":"x"}]}])",
                "input[0].content[0].type", "unsupported_value"},
        Refused{R"("input":[{"role":"user","content":[{"type":"input_file","file_id":"x"}]}])",
                "input[0].content[0].type", "unsupported_value"},
        Refused{R"("input":[{"role":"user","content":[{"type":"text","text":"x"}]}])",
                "input[0].content[0].type", "invalid_value"},
        Refused{R"("input":[{"type":"function_call_output","call_id":"call_9","output":"x"}])",
                "input", "invalid_value"},
        Refused{
            R"("input":[{"type":"function_call","call_id":"call_9","name":"f","arguments":"{}"}])",
            "input", "invalid_value"},
        Refused{R"("input":[{"type":"item_reference","id":"msg_none"}])", "input[0].id",
                "item_not_found"}));

TEST(ResponseRequest, AnUnknownModelIs404AndInvalidJson400) {
  ResponseBench bench;
  const Answer unknown = bench.post("/v1/responses", R"({"model":"x","input":"hi"})");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(testing::error_code(unknown), "model_not_found");
  EXPECT_EQ(bench.post("/v1/responses", "{").status, 400);
}

TEST(ResponseRequest, TooLongAnInputIs400WithBothNumbers) {
  ResponseBench bench;
  bench.model->context = 20;
  const Answer answer = bench.create_with(R"("input":"12345678901234567890")");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(testing::error_code(answer), "context_length_exceeded");
  EXPECT_EQ(testing::error_param(answer), "input");
}

TEST(ResponseRequest, SamplingFieldsReachTheGeneration) {
  ResponseBench bench;
  ASSERT_EQ(
      bench
          .create(
              R"("temperature":0.25,"top_p":0.5,"top_k":7,"seed":11,"service_tier":"flex","stop":["."])")
          .status,
      200);
  const GenerationRequest& generation = bench.scheduler().requests.back();
  EXPECT_EQ(generation.sampling.temperature, 0.25);
  EXPECT_EQ(generation.sampling.top_p, 0.5);
  EXPECT_EQ(generation.sampling.top_k, 7);
  EXPECT_EQ(generation.sampling.seed, 11u);
  EXPECT_EQ(generation.priority, Priority::kFlex);
  EXPECT_EQ(generation.stops, (std::vector<std::string>{"<|end|>", "."}));
}

TEST(ResponseRequest, TheAnswerShowsWhatWasAskedAndEveryRequiredMember) {
  ResponseBench bench;
  const Json body = body_of(bench.create(
      R"("instructions":"Be kind.","metadata":{"a":"b"},"temperature":0.5,"max_output_tokens":20,
         "tools":[{"type":"function","name":"f","parameters":{"type":"object"}}],"tool_choice":"auto")"));
  for (const char* name : {"id",
                           "object",
                           "created_at",
                           "error",
                           "incomplete_details",
                           "instructions",
                           "metadata",
                           "model",
                           "output",
                           "parallel_tool_calls",
                           "temperature",
                           "tool_choice",
                           "tools",
                           "top_p",
                           "status",
                           "usage",
                           "background",
                           "previous_response_id",
                           "reasoning",
                           "text",
                           "truncation",
                           "max_output_tokens",
                           "service_tier",
                           "store",
                           "completed_at"})
    EXPECT_NE(body.find(name), nullptr) << name;
  EXPECT_EQ(body["object"], Json("response"));
  EXPECT_EQ(body["status"], Json("completed"));
  EXPECT_EQ(body["instructions"], Json("Be kind."));
  EXPECT_EQ(body["metadata"], Json::object({{"a", "b"}}));
  EXPECT_EQ(body["temperature"], Json(0.5));
  EXPECT_EQ(body["tools"][0]["name"], Json("f"));
  EXPECT_EQ(body["usage"]["input_tokens_details"]["cached_tokens"], Json(2));
  EXPECT_EQ(body["output"][0]["content"][0]["text"], Json("ok"));
}

TEST(ResponseRequest, WhatHasNoEffectIsAWarningInTheAnswer) {
  ResponseBench bench;
  const Answer answer = bench.create(R"("top_logprobs":3,"reasoning":{"summary":"auto"})");
  const Json warnings = body_of(answer)["x_diptych"]["warnings"];
  ASSERT_EQ(warnings.as_array().size(), 2u) << answer.body;
  EXPECT_EQ(warnings[0]["param"], Json("reasoning.summary"));
  EXPECT_EQ(warnings[1]["param"], Json("top_logprobs"));
}

TEST(ResponseRequest, TruncationAutoDropsTheOldestItemsAndSaysSo) {
  ResponseBench bench;
  bench.model->context = 60;
  constexpr std::string_view kItems =
      R"("input":[{"role":"user","content":"oldest oldest oldest oldest"},{"role":"assistant","content":"old old old old old"},
                  {"role":"user","content":"newest"}])";
  EXPECT_EQ(bench.create_with(kItems).status, 400);
  const Answer answer = bench.create_with(std::string(kItems) + R"(,"truncation":"auto")");
  ASSERT_EQ(answer.status, 200) << answer.body;
  ASSERT_EQ(bench.model->format.rendered.size(), 2u);
  EXPECT_EQ(bench.model->format.rendered[0].role, "assistant");
  EXPECT_EQ(body_of(answer)["x_diptych"]["warnings"][0]["param"], Json("truncation"));
  bench.model->context = 5;
  EXPECT_EQ(bench.create_with(std::string(kItems) + R"(,"truncation":"auto")").status, 400);
}

TEST(ResponseRequest, InputTokensCountsWithoutGenerating) {
  ResponseBench bench;
  const Answer answer =
      bench.post("/v1/responses/input_tokens", R"({"model":"m","input":"hi","instructions":"x"})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(body_of(answer)["object"], Json("response.input_tokens"));
  EXPECT_EQ(body_of(answer)["input_tokens"].as_int(),
            std::ssize(std::string("system: x\nuser: hi\n")));
  EXPECT_TRUE(bench.scheduler().requests.empty());
}

}  // namespace
}  // namespace diptych::openai
