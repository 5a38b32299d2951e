// The events of a streamed response: which, in what order, with which numbers, indexes and fields.

#include <gtest/gtest.h>

#include "api/testing/responses_bench.h"

namespace diptych::openai {
namespace {

using testing::body_of;
using testing::say;
using testing::sse_objects;
using Types = std::vector<std::string>;

const Json& event_of(const std::vector<Json>& events, std::string_view type, int nth = 0) {
  for (const Json& event : events)
    if (event["type"] == Json(type) && nth-- == 0) return event;
  static const Json kNone;
  ADD_FAILURE() << "no event " << type;
  return kNone;
}

TEST(ResponseStream, ATextAnswerHasTheShortestValidSequence) {
  ResponseBench bench;
  bench.scheduler().next_says(say({"Hel", "lo"}));
  const Answer answer = bench.create(R"("stream":true)");
  EXPECT_EQ(answer.content_type, "text/event-stream; charset=utf-8");
  EXPECT_EQ(types_of(answer.body),
            (Types{"0 response.created", "1 response.in_progress", "2 response.output_item.added",
                   "3 response.content_part.added", "4 response.output_text.delta",
                   "5 response.output_text.delta", "6 response.output_text.done",
                   "7 response.content_part.done", "8 response.output_item.done",
                   "9 response.completed"}));
  EXPECT_EQ(answer.body.find("[DONE]"), std::string::npos);
  EXPECT_EQ(answer.body.find("\nid:"), std::string::npos);
  EXPECT_TRUE(answer.body.starts_with(
      "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,"));
}

TEST(ResponseStream, EveryEventNamesItsItemAndIndexes) {
  ResponseBench bench;
  bench.scheduler().next_says(say({"Hel", "lo"}));
  const auto events = sse_objects(bench.create(R"("stream":true)").body);
  const Json& added = event_of(events, "response.output_item.added");
  const std::string id = added["item"]["id"].as_string();
  EXPECT_TRUE(id.starts_with("msg_"));
  EXPECT_EQ(added["item"]["status"], Json("in_progress"));
  EXPECT_EQ(added["item"]["content"], Json::array());
  for (const char* type : {"response.content_part.added", "response.output_text.delta",
                           "response.output_text.done", "response.content_part.done"}) {
    const Json& event = event_of(events, type);
    EXPECT_EQ(event["item_id"], Json(id)) << type;
    EXPECT_EQ(event["output_index"], Json(0)) << type;
    EXPECT_EQ(event["content_index"], Json(0)) << type;
  }
  EXPECT_EQ(event_of(events, "response.output_text.delta", 1)["delta"], Json("lo"));
  EXPECT_EQ(event_of(events, "response.output_text.delta")["logprobs"], Json::array());
  EXPECT_EQ(event_of(events, "response.output_text.done")["text"], Json("Hello"));
  const Json& done = event_of(events, "response.output_item.done")["item"];
  EXPECT_EQ(done["status"], Json("completed"));
  EXPECT_EQ(done["content"][0]["text"], Json("Hello"));
  const Json& completed = event_of(events, "response.completed")["response"];
  EXPECT_EQ(completed["output"], Json::array({done}));
  EXPECT_EQ(completed["id"], event_of(events, "response.created")["response"]["id"]);
  EXPECT_EQ(completed["usage"]["total_tokens"], Json(8));
}

TEST(ResponseStream, ReasoningTextAndParallelCallsAreItemsOfTheirOwn) {
  ResponseBench bench;
  bench.scheduler().next_says(say({"<think>", "hm", "</think>", "so", R"(<call f>{"a":)",
                                   "1}</call>", "<call g>", "{}</call>"}));
  const Answer answer = bench.create(
      R"("stream":true,"tools":[{"type":"function","name":"f"},{"type":"function","name":"g"}])");
  EXPECT_EQ(types_of(answer.body),
            (Types{"0 response.created", "1 response.in_progress",
                   // the reasoning
                   "2 response.output_item.added", "3 response.content_part.added",
                   "4 response.reasoning_text.delta", "5 response.reasoning_text.done",
                   "6 response.content_part.done", "7 response.output_item.done",
                   // the message
                   "8 response.output_item.added", "9 response.content_part.added",
                   "10 response.output_text.delta", "11 response.output_text.done",
                   "12 response.content_part.done", "13 response.output_item.done",
                   // f
                   "14 response.output_item.added", "15 response.function_call_arguments.delta",
                   "16 response.function_call_arguments.delta",
                   "17 response.function_call_arguments.done", "18 response.output_item.done",
                   // g
                   "19 response.output_item.added", "20 response.function_call_arguments.delta",
                   "21 response.function_call_arguments.done", "22 response.output_item.done",
                   "23 response.completed"}));
  const auto events = sse_objects(answer.body);
  for (int nth = 0; nth < 4; ++nth)
    EXPECT_EQ(event_of(events, "response.output_item.added", nth)["output_index"], Json(nth));
  const Json& arguments = event_of(events, "response.function_call_arguments.done");
  EXPECT_EQ(arguments["name"], Json("f"));
  EXPECT_EQ(arguments["arguments"], Json(R"({"a":1})"));
  EXPECT_EQ(arguments["output_index"], Json(2));
  const Json& call = event_of(events, "response.output_item.done", 3)["item"];
  EXPECT_EQ(call["type"], Json("function_call"));
  EXPECT_TRUE(call["id"].as_string().starts_with("fc_"));
  EXPECT_TRUE(call["call_id"].as_string().starts_with("call_"));
  EXPECT_EQ(event_of(events, "response.reasoning_text.done")["text"], Json("hm"));
}

TEST(ResponseStream, WithoutParallelCallsOnlyTheFirstIsMade) {
  ResponseBench bench;
  const auto script = bench.scheduler().next_says(say({"<call f>{}</call>", "<call f>{}</call>"}));
  const Answer answer =
      bench.create(R"("parallel_tool_calls":false,"tools":[{"type":"function","name":"f"}])");
  EXPECT_EQ(script->ended_choices, std::vector<int>{0});
  EXPECT_EQ(body_of(answer)["output"].as_array().size(), 1u);
}

TEST(ResponseStream, AnEmptyAnswerIsAnEmptyMessage) {
  ResponseBench bench;
  bench.scheduler().next_says(say({}));
  EXPECT_EQ(types_of(bench.create(R"("stream":true)").body),
            (Types{"0 response.created", "1 response.in_progress", "2 response.output_item.added",
                   "3 response.content_part.added", "4 response.output_text.done",
                   "5 response.content_part.done", "6 response.output_item.done",
                   "7 response.completed"}));
}

TEST(ResponseStream, ACutAnswerIsIncompleteInEveryPlace) {
  ResponseBench bench;
  bench.scheduler().next_says(say({"Hel"}, FinishReason::kLength));
  const auto events = sse_objects(bench.create(R"("stream":true,"max_output_tokens":16)").body);
  const Json& last = events.back();
  EXPECT_EQ(last["type"], Json("response.incomplete"));
  EXPECT_EQ(last["response"]["status"], Json("incomplete"));
  EXPECT_EQ(last["response"]["incomplete_details"]["reason"], Json("max_output_tokens"));
  EXPECT_EQ(last["response"]["output"][0]["status"], Json("incomplete"));
  EXPECT_EQ(last["response"]["usage"]["output_tokens"], Json(3));
  EXPECT_EQ(bench.scheduler().requests.back().token_count_max, 16);
}

TEST(ResponseStream, AFailureInTheMiddleIsAnErrorEventAndThenResponseFailed) {
  ResponseBench bench;
  const auto script = bench.scheduler().next_says({Delta{.text = "Hel", .token_count = 1}});
  script->error =
      Error{.code = ErrorCode::kTimeout, .message = "Too slow.", .param = {}, .detail = {}};
  const Answer answer = bench.create(R"("stream":true)");
  EXPECT_EQ(types_of(answer.body),
            (Types{"0 response.created", "1 response.in_progress", "2 response.output_item.added",
                   "3 response.content_part.added", "4 response.output_text.delta",
                   "5 response.output_text.done", "6 response.content_part.done",
                   "7 response.output_item.done", "8 error", "9 response.failed"}));
  const auto events = sse_objects(answer.body);
  EXPECT_EQ(events[8]["message"], Json("Too slow."));
  EXPECT_EQ(events[8]["code"], Json("server_error"));
  EXPECT_NE(events[8].find("param"), nullptr);
  EXPECT_EQ(events[9]["response"]["error"]["message"], Json("Too slow."));
  const std::string id = events[9]["response"]["id"].as_string();
  EXPECT_EQ(body_of(bench.get("/v1/responses/" + id))["status"], Json("failed"));
}

TEST(ResponseStream, AWholeAnswerThatFailsIsAnHttpErrorAndStoresNothing) {
  ResponseBench bench;
  bench.scheduler().next_says({})->error =
      Error{.code = ErrorCode::kTimeout, .message = "Too slow.", .param = {}, .detail = {}};
  const Answer answer = bench.create();
  EXPECT_GE(answer.status, 400);
  EXPECT_NE(answer.body.find("Too slow."), std::string::npos);
  EXPECT_TRUE(bench.services.responses.unfinished()->empty());
}

TEST(ResponseStream, AnAnswerThatCannotBeStoredIsStillAnAnswerAndSaysSo) {
  ResponseBench bench;
  FailingStore store(bench.services.responses, 1, 1);
  Services services = with_responses(bench, store);
  const auto match = testing::find_route("POST", "/v1/responses");
  const Answer whole = testing::run_to_end(
      match.route->handler({.body = R"({"model":"m","input":"hi"})"}, services));
  EXPECT_EQ(whole.status, 200);
  EXPECT_EQ(body_of(whole)["status"], Json("completed"));
  EXPECT_EQ(body_of(whole)["store"], Json(false));
  EXPECT_EQ(body_of(whole)["x_diptych"]["warnings"][0]["param"], Json("store"));
}

TEST(ResponseStream, InternalFailuresDoNotTellWhy) {
  ResponseBench bench;
  bench.scheduler().next_says({})->error =
      Error{.code = ErrorCode::kInternal, .message = "secret", .param = {}, .detail = {}};
  EXPECT_EQ(bench.create(R"("stream":true)").body.find("secret"), std::string::npos);
}

TEST(ResponseStream, LogprobsAreSentExactlyOnceAndOnlyWhenAskedFor) {
  ResponseBench bench({"Hel", "lo"});
  const auto token = [](TokenId id) {
    return TokenLogprob{.token = id, .logprob = -0.5F, .top = {{.token = id, .logprob = -0.5F}}};
  };
  constexpr TokenId kHel = testing::FakeVocabulary::kFirstPiece, kLo = kHel + 1;
  const auto answer_with_logprobs = [&] {
    std::deque<Delta> deltas = say({"Hel", "lo"});
    deltas[0].tokens = {token(kHel)};
    deltas[1].tokens = {token(kLo)};
    bench.scheduler().next_says(std::move(deltas));
  };
  answer_with_logprobs();
  const auto events = sse_objects(
      bench.create(R"("stream":true,"include":["message.output_text.logprobs"],"top_logprobs":1)")
          .body);
  EXPECT_EQ(bench.scheduler().requests.back().top_logprob_count, 1);
  const Json& first = event_of(events, "response.output_text.delta")["logprobs"];
  ASSERT_EQ(first.as_array().size(), 1u);
  EXPECT_EQ(first[0]["token"], Json("Hel"));
  EXPECT_EQ(first[0]["top_logprobs"][0]["logprob"], Json(-0.5));
  EXPECT_EQ(event_of(events, "response.output_text.delta", 1)["logprobs"][0]["token"], Json("lo"));
  EXPECT_EQ(event_of(events, "response.output_text.done")["logprobs"].as_array().size(), 2u);
  EXPECT_EQ(events.back()["response"]["output"][0]["content"][0]["logprobs"].as_array().size(), 2u);

  answer_with_logprobs();
  const Json plain = body_of(bench.create());
  EXPECT_EQ(bench.scheduler().requests.back().top_logprob_count, -1);
  EXPECT_EQ(plain["output"][0]["content"][0]["logprobs"], Json::array());
}

TEST(ResponseStream, LeavingCancelsTheWorkAndStoresNothing) {
  ResponseBench bench;
  const auto script = bench.scheduler().next_says({Delta{.text = "Hel", .token_count = 1}});
  script->open_ended = true;
  std::string id;
  {
    const auto match = testing::find_route("POST", "/v1/responses");
    auto reply = match.route->handler({.body = R"({"model":"m","input":"hi","stream":true})"},
                                      bench.services);
    ASSERT_TRUE(reply);
    auto& streamed = std::get<StreamedAnswer>(*reply);
    std::string out;
    EXPECT_EQ(streamed.chunks->poll(out), ChunkState::kWait);
    id = sse_objects(out)[0]["response"]["id"].as_string();
    EXPECT_FALSE(script->destroyed);
  }
  EXPECT_TRUE(script->destroyed);
  EXPECT_EQ(bench.get("/v1/responses/" + id).status, 404);
}

}  // namespace
}  // namespace diptych::openai
