#include <gtest/gtest.h>

#include "api/testing/api_bench.h"

namespace diptych::testing {
namespace {

constexpr char kPath[] = "/v1/embeddings";

TEST(Embeddings, KeepTheOrderOfTheInputs) {
  ApiBench bench;
  EXPECT_EQ(
      bench.post(kPath, R"({"model":"m","input":["ab","c"]})").body,
      R"({"object":"list","model":"m","data":[{"object":"embedding","index":0,"embedding":[2,97]},{"object":"embedding","index":1,"embedding":[1,99]}],)"
      R"("usage":{"prompt_tokens":3,"total_tokens":3}})");
}

TEST(Embeddings, ComeAsLittleEndianFloats) {
  ApiBench bench;
  const Json body =
      body_of(bench.post(kPath, R"({"model":"m","input":[64],"encoding_format":"base64"})"));
  EXPECT_EQ(body["data"][0]["embedding"].as_string(), "AACAPwAAgEI=");  // 1.0f, 64.0f
}

TEST(Embeddings, RefuseByName) {
  struct Refusal {
    std::string members, param, code;
  };
  const Refusal cases[] = {
      {R"("user":"u")", "input", "missing_required_parameter"},
      {R"("input":"")", "input", "empty_string"},
      {R"("input":[])", "input", "empty_array"},
      {R"("input":["a",""])", "input[1]", "empty_string"},
      {R"("input":"a","encoding_format":"hex")", "encoding_format", "invalid_value"},
      {R"("input":"a","dimensions":2)", "dimensions", "unsupported_parameter"},
      {R"("input":[99999])", "input", "invalid_value"},
      {R"("input":"a","x":1)", "x", "unknown_parameter"},
      {R"("input":["a",")" + std::string(1001, 'a') + R"("])", "input[1]",
       "context_length_exceeded"},
  };
  for (const Refusal& each : cases) {
    ApiBench bench;
    const Answer answer = bench.post(kPath, R"({"model":"m",)" + each.members + "}");
    EXPECT_EQ(answer.status, 400) << each.members;
    EXPECT_EQ(error_param(answer), each.param) << each.members << answer.body;
    EXPECT_EQ(error_code(answer), each.code) << each.members << answer.body;
  }
}

TEST(Embeddings, StopBetweenInputsWhenTheCallerHasGone) {
  ApiBench bench;
  std::stop_source gone;
  bench.model->during_embedding = [&] {
    if (bench.model->embedding_count == 2) gone.request_stop();
  };
  Call call{.method = "POST", .path = kPath, .body = R"({"model":"m","input":["a","b","c","d"]})"};
  call.abandoned = gone.get_token();
  EXPECT_EQ(bench.send(std::move(call)).status, 503);
  EXPECT_EQ(bench.model->embedding_count, 2);
}

TEST(Embeddings, TooManyInputsAreRefused) {
  ApiBench bench;
  bench.services.limits.embedding_inputs_max = 2;
  EXPECT_EQ(error_code(bench.post(kPath, R"({"model":"m","input":["a","b","c"]})")),
            "array_above_max_length");
}

}  // namespace
}  // namespace diptych::testing
