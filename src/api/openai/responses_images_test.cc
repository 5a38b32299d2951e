// The tool image_generation of /v1/responses.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/testing/responses_bench.h"
#include "base/base64.h"
#include "jobs/pictures/picture_job.h"

namespace diptych::openai {
namespace {

using testing::body_of;
using testing::error_param;
using testing::say;
using testing::small_png;
using testing::sse_objects;
using Types = std::vector<std::string>;

constexpr char kForced[] =
    R"("tools":[{"type":"image_generation"}],"tool_choice":{"type":"image_generation"})";
constexpr char kCall[] = R"(<call image_generation>{"prompt":"a red fox"}</call>)";

ImageRequest newest_request(ResponseBench& bench) {
  return parse_picture_job(bench.pictures.queue.newest().spec.request)->request;
}

TEST(ResponseImages, AForcedPictureIsDrawnFromTheUsersText) {
  ResponseBench bench;
  const Answer answer = bench.create_with(std::string(R"("input":"draw a fox",)") + kForced);
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json body = body_of(answer);
  EXPECT_EQ(body["status"], Json("completed"));
  ASSERT_EQ(body["output"].as_array().size(), 1u) << answer.body;
  const Json& item = body["output"][0];
  EXPECT_EQ(item["type"], Json("image_generation_call"));
  EXPECT_TRUE(item["id"].as_string().starts_with("ig_"));
  EXPECT_EQ(item["status"], Json("completed"));
  EXPECT_EQ(*base64_decode(item["result"].as_string()), small_png(8, 8));
  EXPECT_EQ(item["revised_prompt"], Json("draw a fox"));
  EXPECT_EQ(item["size"], Json("128x128"));
  EXPECT_EQ(newest_request(bench).prompt, "draw a fox");
  EXPECT_TRUE(bench.scheduler().requests.empty()) << "the text model is not asked";
  EXPECT_EQ(body["x_diptych"]["warnings"][0]["param"], Json("tool_choice"));
  EXPECT_EQ(body["tools"][0]["type"], Json("image_generation"));
}

TEST(ResponseImages, TheModelMayAskForAPictureBesideItsWords) {
  ResponseBench bench;
  bench.scheduler().next_says(say({"Here it is. ", kCall}));
  const Json body =
      body_of(bench.create(R"("tools":[{"type":"image_generation","size":"64x96"}])"));
  ASSERT_EQ(body["output"].as_array().size(), 2u) << dump_json(body);
  EXPECT_EQ(body["output"][0]["type"], Json("message"));
  EXPECT_EQ(body["output"][0]["content"][0]["text"], Json("Here it is. "));
  EXPECT_EQ(body["output"][1]["type"], Json("image_generation_call"));
  EXPECT_EQ(body["output"][1]["revised_prompt"], Json("a red fox"));
  EXPECT_EQ(newest_request(bench).width, 64);
  EXPECT_EQ(newest_request(bench).height, 96);
  ASSERT_EQ(bench.model->format.options.tools.size(), 1u);
  EXPECT_EQ(bench.model->format.options.tools[0].name, "image_generation");
}

TEST(ResponseImages, WithoutACallTheAnswerIsWords) {
  ResponseBench bench;
  bench.scheduler().next_says(say({"No."}));
  const Json body = body_of(bench.create(R"("tools":[{"type":"image_generation"}])"));
  EXPECT_EQ(body["output"].as_array().size(), 1u);
  EXPECT_TRUE(bench.pictures.queue.store().jobs.empty());
}

TEST(ResponseImages, AStreamTellsTheDocumentedEvents) {
  ResponseBench bench;
  bench.pictures.queue.steps = 4;
  const Answer answer =
      bench.create(R"("stream":true,"tools":[{"type":"image_generation","partial_images":1}],)"
                   R"("tool_choice":{"type":"image_generation"})");
  EXPECT_EQ(types_of(answer.body),
            (Types{"0 response.created", "1 response.in_progress", "2 response.output_item.added",
                   "3 response.image_generation_call.in_progress",
                   "4 response.image_generation_call.generating",
                   "5 response.image_generation_call.partial_image",
                   "6 response.image_generation_call.completed", "7 response.output_item.done",
                   "8 response.completed"}));
  const auto events = sse_objects(answer.body);
  const Json& id = events[2]["item"]["id"];
  EXPECT_EQ(events[2]["item"]["status"], Json("in_progress"));
  EXPECT_TRUE(events[2]["item"]["result"].is_null());
  for (const std::size_t i : {3u, 4u, 5u, 6u}) {
    EXPECT_EQ(events[i]["item_id"], id);
    EXPECT_EQ(events[i]["output_index"], Json(0));
  }
  EXPECT_EQ(events[5]["partial_image_index"], Json(0));
  EXPECT_EQ(*base64_decode(events[5]["partial_image_b64"].as_string()), small_png(2, 2));
  EXPECT_EQ(events[7]["item"], events[8]["response"]["output"][0]);
}

TEST(ResponseImages, ItGoesOnInTheBackground) {
  ResponseBench bench;
  const std::string id =
      bench.created_id(bench.create(std::string(R"("background":true,)") + kForced));
  const Json body = body_of(bench.get("/v1/responses/" + id));
  EXPECT_EQ(body["status"], Json("completed"));
  EXPECT_EQ(body["output"][0]["type"], Json("image_generation_call"));
}

TEST(ResponseImages, ALaterTurnReadsWhatWasDrawn) {
  ResponseBench bench;
  const Json first = body_of(bench.create_with(std::string(R"("input":"draw a fox",)") + kForced));
  bench.create("\"previous_response_id\":" + dump_json(first["id"]));
  const auto rendered = bench.model->format.rendered;
  ASSERT_EQ(rendered.size(), 3u);
  EXPECT_EQ(rendered[1].content, "[picture: draw a fox]");
  // The same, sent back by the client as it came.
  const Answer again =
      bench.create_with(R"("input":[{"role":"user","content":"draw"},)" +
                        dump_json(first["output"][0]) + R"(,{"role":"user","content":"thanks"}])");
  EXPECT_EQ(again.status, 200) << again.body;
}

TEST(ResponseImages, AFailedPictureFailsTheResponse) {
  ResponseBench bench;
  bench.pictures.queue.failure =
      Error{.code = ErrorCode::kInvalidArgument, .message = "bad prompt", .param = "prompt"};
  EXPECT_EQ(bench.create(kForced).status, 400);
  const Answer stream = bench.create(std::string(R"("stream":true,)") + kForced);
  const auto events = sse_objects(stream.body);
  EXPECT_EQ(events.back()["type"], Json("response.failed"));
  EXPECT_EQ(events.back()["response"]["output"][0]["status"], Json("failed"));
}

TEST(ResponseImages, ACallerWhoLeavesCancelsThePicture) {
  ResponseBench bench;
  bench.pictures.queue.held = true;
  {
    const Call call{.method = "POST",
                    .path = "/v1/responses",
                    .body = std::string(R"({"model":"m","input":"hi",)") + kForced + "}"};
    auto reply = testing::find_route("POST", "/v1/responses").route->handler(call, bench.services);
    ASSERT_TRUE(reply);
    auto& pending = std::get<std::unique_ptr<PendingAnswer>>(*reply);
    pending->on_ready([] {});
    EXPECT_FALSE(*pending->poll());
    bench.pictures.queue.start_next();
    EXPECT_FALSE(*pending->poll());
  }
  EXPECT_EQ(bench.pictures.queue.newest().state, JobState::kCancelled);
}

TEST(ResponseImages, WhatCannotBeHonouredIsRefusedByName) {
  struct Case {
    std::string members, param;
  };
  const Case cases[] = {
      {R"("tool_choice":{"type":"image_generation"})", "tool_choice"},
      {R"("tools":[{"type":"image_generation","action":"edit"}])", "tools[0].action"},
      {R"("tools":[{"type":"image_generation","input_image_mask":{"file_id":"x"}}])",
       "tools[0].input_image_mask"},
      {R"("tools":[{"type":"image_generation","input_fidelity":"high"}])",
       "tools[0].input_fidelity"},
      {R"("tools":[{"type":"image_generation","background":"transparent"}])",
       "tools[0].background"},
      {R"("tools":[{"type":"image_generation","size":"tall"}])", "tools[0].size"},
      {R"("tools":[{"type":"image_generation","colour":1}])", "tools[0].colour"},
      {R"("tools":[{"type":"image_generation"},{"type":"image_generation"}])", "tools[1]"},
      {R"("tools":[{"type":"image_generation","model":"gpt-image-1"}])", "model"},
  };
  for (const Case& each : cases) {
    ResponseBench bench;
    const Answer answer = bench.create(each.members);
    EXPECT_EQ(answer.status, each.param == "model" ? 404 : 400) << answer.body;
    EXPECT_EQ(error_param(answer), each.param) << answer.body;
  }
}

TEST(ResponseImages, FunctionsStandBesideIt) {
  ResponseBench bench;
  const Answer answer = bench.create(
      R"("tools":[{"type":"image_generation"},{"type":"function","name":"f","parameters":{}}])");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(bench.model->format.options.tools.size(), 2u);
  bench.scheduler().next_says(say({"<call f>{}</call>"}));
  const Json body = body_of(bench.create(
      R"("tools":[{"type":"image_generation"},{"type":"function","name":"f","parameters":{}}])"));
  EXPECT_EQ(body["output"][0]["type"], Json("function_call"));
}

}  // namespace
}  // namespace diptych::openai
