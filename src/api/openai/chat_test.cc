// Whole and streamed chat answers: shapes, order, usage, errors, and what happens to the work.

#include <gtest/gtest.h>

#include <cmath>

#include "api/testing/api_bench.h"

namespace diptych::testing {
namespace {

constexpr char kPath[] = "/v1/chat/completions";

std::string request(const std::string& members = "") {
  return R"({"model":"m","messages":[{"role":"user","content":"hi"}])" +
         (members.empty() ? "" : "," + members) + "}";
}
std::string streamed(const std::string& members = "") {
  return request("\"stream\":true" + (members.empty() ? "" : "," + members));
}

constexpr char kTools[] =
    R"("tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"g"}}])";

// The `delta` or, at the end, the finish reason of every chunk, as text.
std::vector<std::string> story(const std::string& body) {
  std::vector<std::string> lines;
  for (const Json& chunk : sse_objects(body)) {
    if (chunk["choices"].as_array().empty()) {
      lines.push_back("usage");
      continue;
    }
    const Json& choice = chunk["choices"][0];
    std::string line = std::to_string(choice["index"].as_int()) + " " + dump_json(choice["delta"]);
    if (!choice["finish_reason"].is_null()) line += " " + choice["finish_reason"].as_string();
    lines.push_back(line);
  }
  return lines;
}

TEST(Chat, AnswersWithTheWholeObject) {
  ApiBench bench;
  bench.scheduler().next_says(say({"Hel", "lo"}));
  const Answer answer = bench.post(kPath, request());
  ASSERT_EQ(answer.status, 200);
  const Json body = body_of(answer);
  EXPECT_TRUE(body["id"].as_string().starts_with("chatcmpl-"));
  EXPECT_EQ(body["object"].as_string(), "chat.completion");
  EXPECT_EQ(body["created"].as_int(), 1'790'000'000);
  EXPECT_EQ(body["model"].as_string(), "m");
  EXPECT_EQ(body["service_tier"].as_string(), "default");
  EXPECT_EQ(body["system_fingerprint"].as_string(), "fp_test");
  EXPECT_EQ(
      dump_json(body["choices"]),
      R"([{"index":0,"message":{"role":"assistant","content":"Hello","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}])");
  EXPECT_EQ(body["usage"]["prompt_tokens"].as_int(), 5);
  EXPECT_EQ(body["usage"]["completion_tokens"].as_int(), 3);
  EXPECT_EQ(body["usage"]["total_tokens"].as_int(), 8);
  EXPECT_EQ(body["usage"]["prompt_tokens_details"]["cached_tokens"].as_int(), 2);
  EXPECT_EQ(dump_json(body["x_diptych"]), R"({"queue_ms":0.1,"prefill_ms":2.0,"decode_ms":30.0})");
}

TEST(Chat, AnUnknownModelIs404) {
  ApiBench bench;
  const Answer answer =
      bench.post(kPath, R"({"model":"gpt-9","messages":[{"role":"user","content":"x"}]})");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(error_code(answer), "model_not_found");
  EXPECT_EQ(error_param(answer), "model");
  EXPECT_EQ(body_of(answer)["error"]["message"].as_string(),
            "The model 'gpt-9' does not exist or you do not have access to it.");
}

TEST(Chat, ClientMistakesInJsonAre400) {
  ApiBench bench;
  for (const char* body : {"", "{", "null", "{\"model\":\"\xfe\"}", R"({"model":"m"})",
                           R"({"messages":[]})", R"({"model":7,"messages":[]})"})
    EXPECT_EQ(bench.post(kPath, body).status, 400) << body;
}

TEST(Chat, AFullQueueIs429WithRetryAfter) {
  ApiBench bench;
  bench.scheduler().refusal =
      Error{.code = ErrorCode::kOverloaded, .message = "full", .retry_after_ms = 500};
  for (const std::string& body : {request(), streamed()}) {
    const Answer answer = bench.post(kPath, body);
    EXPECT_EQ(answer.status, 429);
    EXPECT_EQ(answer.headers,
              (std::vector<Header>{{"retry-after", "1"}, {"retry-after-ms", "500"}}));
  }
}

TEST(Chat, AModelThatStillLoadsIs503) {
  ApiBench bench;
  bench.registry.load_error = Error{.code = ErrorCode::kOverloaded,
                                    .message = "loading",
                                    .detail = "model_loading",
                                    .retry_after_ms = 2000};
  const Answer answer = bench.post(kPath, request());
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(error_code(answer), "model_loading");
}

TEST(Chat, AFailureBeforeTheEndIsAnErrorAnswer) {
  ApiBench bench;
  auto script = bench.scheduler().next_says({{.text = "Hel", .token_count = 1}});
  script->error = Error{.code = ErrorCode::kTimeout, .message = "too slow"};
  EXPECT_EQ(bench.post(kPath, request()).status, 503);
}

TEST(Chat, LengthAndCallsHaveTheirFinishReasons) {
  ApiBench bench;
  bench.scheduler().next_says(say({"x"}, FinishReason::kLength));
  EXPECT_EQ(body_of(bench.post(kPath, request()))["choices"][0]["finish_reason"].as_string(),
            "length");
  bench.scheduler().next_says(say({"<call f>{\"a\":", "1}</call>"}));
  const Json choice = body_of(bench.post(kPath, request(kTools)))["choices"][0];
  EXPECT_EQ(choice["finish_reason"].as_string(), "tool_calls");
  EXPECT_TRUE(choice["message"]["content"].is_null());
  EXPECT_EQ(
      dump_json(choice["message"]["tool_calls"]),
      R"([{"id":"call_0","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}])");
}

TEST(Chat, LegacyFunctionsAnswerWithAFunctionCall) {
  ApiBench bench;
  bench.scheduler().next_says(say({"<call f>{}</call><call f>{}</call>"}));
  const Json choice =
      body_of(bench.post(kPath, request(R"("functions":[{"name":"f"}])")))["choices"][0];
  EXPECT_EQ(choice["finish_reason"].as_string(), "function_call");
  EXPECT_EQ(dump_json(choice["message"]["function_call"]), R"({"name":"f","arguments":"{}"})");
  EXPECT_EQ(choice["message"].find("tool_calls"), nullptr);
}

TEST(Chat, WithoutParallelCallsGenerationEndsWithTheFirst) {
  for (const bool stream : {false, true}) {
    ApiBench bench;
    const auto script = bench.scheduler().next_says(
        say({"well", "<call f>{}", "</call>", " and ", "<call g>{}</call>"}));
    const Answer answer = bench.post(
        kPath, request(std::string(kTools) + R"(,"parallel_tool_calls":false,"stream":)" +
                       (stream ? "true" : "false")));
    EXPECT_EQ(script->ended_choices, std::vector<int>{0});
    EXPECT_EQ(answer.body.find("and"), std::string::npos) << answer.body;
    EXPECT_EQ(answer.body.find("\"g\""), std::string::npos) << answer.body;
    EXPECT_NE(answer.body.find(R"("finish_reason":"tool_calls")"), std::string::npos);
  }
}

TEST(Chat, WithParallelCallsNothingIsEndedEarly) {
  ApiBench bench;
  const auto script = bench.scheduler().next_says(say({"<call f>{}</call>", "<call g>{}</call>"}));
  const Json choice = body_of(bench.post(kPath, request(kTools)))["choices"][0];
  EXPECT_EQ(choice["message"]["tool_calls"].as_array().size(), 2u);
  EXPECT_TRUE(script->ended_choices.empty());
}

TEST(Chat, ThoughtsAreKeptOutOfTheContent) {
  ApiBench bench;
  bench.scheduler().next_says(say({"<think>hm</think>", "yes"}));
  const Json body = body_of(bench.post(kPath, request()));
  EXPECT_EQ(body["choices"][0]["message"]["content"].as_string(), "yes");
  EXPECT_EQ(body["choices"][0]["message"]["reasoning_content"].as_string(), "hm");
  EXPECT_EQ(body["usage"]["completion_tokens_details"]["reasoning_tokens"].as_int(), 2);
}

TEST(ChatStream, TellsTheChunksInOrder) {
  ApiBench bench;
  bench.scheduler().next_says(say({"Hel", "lo"}));
  const Answer answer = bench.post(kPath, streamed());
  EXPECT_EQ(answer.content_type, "text/event-stream; charset=utf-8");
  EXPECT_EQ(
      story(answer.body),
      (std::vector<std::string>{R"(0 {"role":"assistant","content":"","refusal":null})",
                                R"(0 {"content":"Hel"})", R"(0 {"content":"lo"})", "0 {} stop"}));
  EXPECT_TRUE(answer.body.ends_with("data: [DONE]\n\n"));
  const auto chunks = sse_objects(answer.body);
  for (const Json& chunk : chunks) {
    EXPECT_EQ(chunk["object"].as_string(), "chat.completion.chunk");
    EXPECT_EQ(chunk["id"], chunks[0]["id"]);
    EXPECT_EQ(chunk.find("usage"), nullptr);
  }
  EXPECT_EQ(chunks.back()["x_diptych"]["decode_ms"].as_double(), 30.0);
}

TEST(ChatStream, UsageComesInAChunkOfItsOwn) {
  ApiBench bench;
  bench.scheduler().next_says(say({"a"}));
  const auto chunks =
      sse_objects(bench.post(kPath, streamed(R"("stream_options":{"include_usage":true})")).body);
  ASSERT_EQ(chunks.size(), 4u);
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_NE(chunks[i].find("usage"), nullptr);
    EXPECT_TRUE(chunks[i]["usage"].is_null());
  }
  EXPECT_TRUE(chunks[3]["choices"].as_array().empty());
  EXPECT_EQ(chunks[3]["usage"]["total_tokens"].as_int(), 8);
}

TEST(ChatStream, ChoicesInterleave) {
  ApiBench bench;
  bench.scheduler().next_says({{.choice = 1, .text = "b"},
                               {.choice = 0, .text = "a"},
                               {.choice = 1, .finish = FinishReason::kStop},
                               {.choice = 0, .finish = FinishReason::kLength}});
  EXPECT_EQ(story(bench.post(kPath, streamed("\"n\":2")).body),
            (std::vector<std::string>{R"(1 {"role":"assistant","content":"","refusal":null})",
                                      R"(1 {"content":"b"})",
                                      R"(0 {"role":"assistant","content":"","refusal":null})",
                                      R"(0 {"content":"a"})", "1 {} stop", "0 {} length"}));
}

TEST(ChatStream, CallsCarryIdAndNameOnce) {
  ApiBench bench;
  bench.scheduler().next_says(
      say({"<call f>", "{\"a\":", "1}", "</call>", "<call g>", "{}</call>"}));
  EXPECT_EQ(
      story(bench.post(kPath, streamed(kTools)).body),
      (std::vector<std::string>{
          R"(0 {"role":"assistant","content":"","refusal":null})",
          R"(0 {"tool_calls":[{"index":0,"id":"call_0","type":"function","function":{"name":"f","arguments":""}}]})",
          R"(0 {"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":"}}]})",
          R"(0 {"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]})",
          R"(0 {"tool_calls":[{"index":1,"id":"call_1","type":"function","function":{"name":"g","arguments":""}}]})",
          R"(0 {"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]})", "0 {} tool_calls"}));
}

TEST(ChatStream, AFailureInMidStreamIsAnErrorEvent) {
  ApiBench bench;
  auto script = bench.scheduler().next_says({{.text = "a"}});
  script->error = Error{.code = ErrorCode::kInternal, .message = "secret"};
  const Answer answer = bench.post(kPath, streamed());
  EXPECT_EQ(answer.status, 200);
  const auto chunks = sse_objects(answer.body);
  EXPECT_EQ(chunks.back()["error"]["type"].as_string(), "server_error");
  EXPECT_EQ(answer.body.find("secret"), std::string::npos);
  EXPECT_EQ(answer.body.find("[DONE]"), std::string::npos);
}

TEST(ChatStream, DestroyingItEndsTheWork) {
  ApiBench bench;
  auto script = bench.scheduler().next_says(say({"a"}));
  script->waits = true;
  {
    const RouteMatch match = find_route("POST", kPath);
    auto reply = match.route->handler(Call{.method = "POST", .path = kPath, .body = streamed()},
                                      bench.services);
    ASSERT_TRUE(reply);
    std::string out;
    EXPECT_EQ(std::get<StreamedAnswer>(*reply).chunks->poll(out), ChunkState::kWait);
    EXPECT_TRUE(out.empty());
    EXPECT_FALSE(script->destroyed);
  }
  EXPECT_TRUE(script->destroyed);
}

TEST(ChatStream, WakesWhenTheSchedulerDoes) {
  ApiBench bench;
  auto script = bench.scheduler().next_says(say({"a"}));
  script->waits = true;
  auto reply =
      find_route("POST", kPath)
          .route->handler(Call{.method = "POST", .path = kPath, .body = request()}, bench.services);
  auto& pending = std::get<std::unique_ptr<PendingAnswer>>(*reply);
  bool woken = false;
  pending->on_ready([&] { woken = true; });
  EXPECT_FALSE(pending->poll()->has_value());
  script->waits = false;
  script->wake();
  EXPECT_TRUE(woken);
  EXPECT_TRUE(pending->poll()->has_value());
}

// --- log probabilities
// -------------------------------------------------------------------------------------------------

TokenLogprob prob(TokenId token, float logprob, std::vector<TopLogprob> top = {}) {
  return {.token = token, .logprob = logprob, .top = std::move(top)};
}

TEST(ChatLogprobs, GiveTheBytesOfACharacterThatSpansTokens) {
  ApiBench bench;
  bench.scheduler().next_says(
      {{.text = "\u00e9",
        .tokens = {prob(0xC3, -0.5f, {{0xC3, -0.5f}, {65, -INFINITY}}), prob(0xA9, -0.25f)}},
       {.finish = FinishReason::kStop}});
  const Json content = body_of(bench.post(
      kPath, request(R"("logprobs":true,"top_logprobs":2)")))["choices"][0]["logprobs"]["content"];
  EXPECT_EQ(
      dump_json(content),
      R"([{"token":"\\xc3","logprob":-0.5,"bytes":[195],"top_logprobs":[{"token":"\\xc3","logprob":-0.5,"bytes":[195]},{"token":"A","logprob":-9999.0,"bytes":[65]}]},)"
      R"({"token":"\\xa9","logprob":-0.25,"bytes":[169],"top_logprobs":[]}])");
}

TEST(ChatLogprobs, StreamWithTheirOwnText) {
  ApiBench bench;
  bench.scheduler().next_says({{.text = "ab", .tokens = {prob('a', -1), prob('b', -2)}},
                               {.text = "c", .tokens = {prob('c', -3)}},
                               {.finish = FinishReason::kStop}});
  std::vector<std::string> seen;
  for (const Json& chunk : sse_objects(bench.post(kPath, streamed(R"("logprobs":true)")).body)) {
    const Json& logprobs = chunk["choices"][0]["logprobs"];
    std::string tokens;
    if (!logprobs.is_null())
      for (const Json& item : logprobs["content"].as_array()) tokens += item["token"].as_string();
    seen.push_back(tokens);
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"", "ab", "c", ""}));
}

TEST(ChatLogprobs, LeaveNoTokenOutWhenTextIsHeldBack) {
  ApiBench bench;
  bench.scheduler().next_says({{.text = "a<", .tokens = {prob('a', -1), prob('<', -2)}},
                               {.text = "b", .tokens = {prob('b', -3)}},
                               {.finish = FinishReason::kStop}});
  std::string tokens;
  std::vector<std::string> by_chunk;
  for (const Json& chunk :
       sse_objects(bench.post(kPath, streamed(std::string(kTools) + R"(,"logprobs":true)")).body)) {
    const Json& choice = chunk["choices"][0];
    if (choice["logprobs"].is_null()) continue;
    std::string piece;
    for (const Json& item : choice["logprobs"]["content"].as_array())
      piece += item["token"].as_string();
    by_chunk.push_back(choice["delta"]["content"].as_string() + ":" + piece);
  }
  EXPECT_EQ(by_chunk, (std::vector<std::string>{"a:a", "<b:<b"}));
}

}  // namespace
}  // namespace diptych::testing
