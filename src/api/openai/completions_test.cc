#include <gtest/gtest.h>

#include <cmath>

#include "api/testing/api_bench.h"

namespace diptych::testing {
namespace {

constexpr char kPath[] = "/v1/completions";

std::string request(const std::string& members) { return R"({"model":"m",)" + members + "}"; }

TEST(Completions, RefuseByName) {
  struct Refusal {
    std::string members, param, code;
  };
  const Refusal cases[] = {
      {R"("max_tokens":5)", "prompt", "missing_required_parameter"},
      {R"("prompt":"")", "prompt", "empty_string"},
      {R"("prompt":[])", "prompt", "empty_array"},
      {R"("prompt":[""])", "prompt[0]", "empty_string"},
      {R"("prompt":["a",5])", "prompt[1]", "invalid_type"},
      {R"("prompt":[1,"a"])", "prompt[1]", "invalid_type"},
      {R"("prompt":[[1],[]])", "prompt[1]", "empty_array"},
      {R"("prompt":[99999])", "prompt", "invalid_value"},
      {R"("prompt":[[1],[99999]])", "prompt[1]", "invalid_value"},
      {R"("prompt":7)", "prompt", "invalid_type"},
      {R"("prompt":"a","suffix":"b")", "suffix", "unsupported_parameter"},
      {R"("prompt":"a","max_tokens":-1)", "max_tokens", "integer_below_min_value"},
      {R"("prompt":"a","max_tokens":5000)", "max_tokens", "integer_above_max_value"},
      {R"("prompt":"abc def","max_tokens":999)", "prompt", "context_length_exceeded"},
      {R"("prompt":"a","logprobs":6)", "logprobs", "integer_above_max_value"},
      {R"("prompt":"a","logprobs":true)", "logprobs", "invalid_type"},
      {R"("prompt":"a","n":3,"best_of":2)", "best_of", "invalid_value"},
      {R"("prompt":"a","best_of":3,"stream":true)", "best_of", "invalid_value"},
      {R"("prompt":"a","best_of":21)", "best_of", "integer_above_max_value"},
      {R"("prompt":"a","n":17)", "n", "integer_above_max_value"},
      {R"("prompt":"a","messages":[])", "messages", "unknown_parameter"},
      {R"("prompt":"a","stream_options":{})", "stream_options", "invalid_value"},
  };
  for (const Refusal& each : cases) {
    ApiBench bench;
    const Answer answer = bench.post(kPath, request(each.members));
    EXPECT_EQ(answer.status, 400) << each.members;
    EXPECT_EQ(error_param(answer), each.param) << each.members << answer.body;
    EXPECT_EQ(error_code(answer), each.code) << each.members << answer.body;
  }
}

TEST(Completions, NumberTheChoicesOfAllPrompts) {
  ApiBench bench;
  bench.scheduler().next_says({{.choice = 0, .text = "a0"},
                               {.choice = 1, .text = "a1"},
                               {.choice = 0, .finish = FinishReason::kStop},
                               {.choice = 1, .finish = FinishReason::kStop}});
  bench.scheduler().next_says({{.choice = 0, .text = "b0"},
                               {.choice = 1, .text = "b1"},
                               {.choice = 1, .finish = FinishReason::kLength},
                               {.choice = 0, .finish = FinishReason::kStop}});
  const Json body = body_of(bench.post(kPath, request(R"("prompt":["a","b"],"n":2)")));
  EXPECT_TRUE(body["id"].as_string().starts_with("cmpl-"));
  EXPECT_EQ(body["object"].as_string(), "text_completion");
  EXPECT_EQ(
      dump_json(body["choices"]),
      R"([{"text":"a0","index":0,"logprobs":null,"finish_reason":"stop"},{"text":"a1","index":1,"logprobs":null,"finish_reason":"stop"},)"
      R"({"text":"b0","index":2,"logprobs":null,"finish_reason":"stop"},{"text":"b1","index":3,"logprobs":null,"finish_reason":"length"}])");
  EXPECT_EQ(body["usage"]["prompt_tokens"].as_int(), 10);  // both prompts
  EXPECT_EQ(body["usage"]["completion_tokens"].as_int(), 6);
}

TEST(Completions, TakeTokenIdsAsTheyAre) {
  ApiBench bench;
  ASSERT_EQ(bench.post(kPath, request(R"("prompt":[72,105])")).status, 200);
  EXPECT_EQ(bench.scheduler().requests.at(0).prompt, (std::vector<TokenId>{72, 105}));
  EXPECT_EQ(bench.scheduler().requests.at(0).token_count_max, 16);
}

TEST(Completions, EchoBringsThePromptWithItsLogprobs) {
  ApiBench bench;
  bench.scheduler().next_says(
      {{.text = "!",
        .tokens = {{.token = '!', .logprob = -3}},
        .prompt_tokens = {{.token = 'h', .logprob = NAN},
                          {.token = 'i', .logprob = -1, .top = {{'i', -1}}}}},
       {.finish = FinishReason::kLength}});
  const Json choice = body_of(
      bench.post(kPath, request(R"("prompt":"hi","echo":true,"logprobs":1)")))["choices"][0];
  EXPECT_TRUE(bench.scheduler().requests.at(0).prompt_logprobs);
  EXPECT_EQ(choice["text"].as_string(), "hi!");
  EXPECT_EQ(
      dump_json(choice["logprobs"]),
      R"({"tokens":["h","i","!"],"token_logprobs":[null,-1,-3],"top_logprobs":[null,{"i":-1},{"!":-3}],"text_offset":[0,1,2]})");
}

TEST(Completions, NoTokensMeansNoText) {
  ApiBench bench;
  bench.scheduler().next_says({{.text = "zzz"}, {.finish = FinishReason::kLength}});
  const Json body =
      body_of(bench.post(kPath, request(R"("prompt":"hi","max_tokens":0,"echo":true)")));
  EXPECT_EQ(body["choices"][0]["text"].as_string(), "hi");
  EXPECT_EQ(body["choices"][0]["finish_reason"].as_string(), "length");
  EXPECT_EQ(body["usage"]["completion_tokens"].as_int(), 0);
}

TEST(Completions, BestOfAnswersTheLikeliest) {
  ApiBench bench;
  const auto token = [](float logprob) {
    return std::vector<TokenLogprob>{{.token = 'x', .logprob = logprob}};
  };
  bench.scheduler().next_says({{.choice = 0, .text = "bad", .tokens = token(-5)},
                               {.choice = 1, .text = "good", .tokens = token(-1)},
                               {.choice = 2, .text = "fair", .tokens = token(-2)},
                               {.choice = 0, .finish = FinishReason::kStop},
                               {.choice = 1, .finish = FinishReason::kStop},
                               {.choice = 2, .finish = FinishReason::kStop}});
  const Json choices =
      body_of(bench.post(kPath, request(R"("prompt":"a","n":2,"best_of":3)")))["choices"];
  EXPECT_EQ(bench.scheduler().requests.at(0).choice_count, 3);
  ASSERT_EQ(choices.as_array().size(), 2u);
  EXPECT_EQ(choices[0]["text"].as_string(), "good");
  EXPECT_EQ(choices[1]["text"].as_string(), "fair");
  EXPECT_EQ(choices[1]["index"].as_int(), 1);
}

TEST(Completions, StreamPieceByPiece) {
  ApiBench bench;
  bench.scheduler().next_says(say({"a", "b"}));
  const Answer answer = bench.post(
      kPath,
      request(R"("prompt":"x","stream":true,"stream_options":{"include_usage":true},"echo":true)"));
  const auto chunks = sse_objects(answer.body);
  ASSERT_EQ(chunks.size(), 4u);
  EXPECT_EQ(chunks[0]["choices"][0]["text"].as_string(), "xa");
  EXPECT_EQ(chunks[1]["choices"][0]["text"].as_string(), "b");
  EXPECT_EQ(chunks[2]["choices"][0]["finish_reason"].as_string(), "stop");
  EXPECT_EQ(chunks[2]["x_diptych"]["decode_ms"].as_double(), 30.0);
  EXPECT_EQ(chunks[3]["usage"]["prompt_tokens"].as_int(), 5);
  EXPECT_TRUE(answer.body.ends_with("data: [DONE]\n\n"));
}

TEST(Completions, OneRefusedPromptEndsTheOthers) {
  ApiBench bench;
  auto first = bench.scheduler().next_says(say({"a"}));
  EXPECT_EQ(bench.post(kPath, request(R"("prompt":[[1],[99999]])")).status, 400);
  EXPECT_TRUE(first->destroyed);
}

}  // namespace
}  // namespace diptych::testing
