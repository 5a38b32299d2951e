#include "api/openai/images.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/testing/api_bench.h"
#include "base/base64.h"
#include "jobs/pictures/picture_job.h"

namespace diptych::testing {
namespace {

using ::testing::HasSubstr;

constexpr char kGenerate[] = "/v1/images/generations";
constexpr char kEdit[] = "/v1/images/edits";

PictureJob newest_request(ApiBench& bench) {
  return *parse_picture_job(bench.pictures.queue.newest().spec.request);
}

std::string data_url(const std::string& bytes) {
  return "data:image/png;base64," + base64_encode(bytes);
}

std::string clear_png(int width, int height, int clear_pixels) {
  Picture picture(width, height, 4, 255);
  for (int i = 0; i < clear_pixels; ++i) picture.pixels[static_cast<std::size_t>(4 * i + 3)] = 0;
  return encode_picture(picture, {})->bytes;
}

struct FormItem {
  std::string disposition, body;
};
Answer post_form(ApiBench& bench, std::string path, const std::vector<FormItem>& items) {
  std::string body;
  for (const FormItem& item : items)
    body += fmt::format("--XX\r\nContent-Disposition: form-data; {}\r\n\r\n{}\r\n",
                        item.disposition, item.body);
  return bench.send(Call{.method = "POST",
                         .path = std::move(path),
                         .headers = {{"content-type", "multipart/form-data; boundary=XX"}},
                         .body = body + "--XX--\r\n"});
}

// --- generations --------------------------------------------------------------------------------

TEST(Images, APromptAloneIsDrawnAsTheModelIsUsedBest) {
  ApiBench bench;
  const Answer answer = bench.post(kGenerate, R"({"prompt":"a fox"})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json body = body_of(answer);
  EXPECT_EQ(body["size"], Json("128x128"));
  EXPECT_EQ(body["quality"], Json("medium"));
  EXPECT_EQ(body["output_format"], Json("png"));
  EXPECT_EQ(body["background"], Json("opaque"));
  EXPECT_EQ(body["created"], Json(bench.clock.unix_seconds()));
  ASSERT_EQ(body["data"].as_array().size(), 1u);
  EXPECT_EQ(*base64_decode(body["data"][0]["b64_json"].as_string()), small_png(8, 8));
  EXPECT_EQ(body["usage"]["output_tokens"], Json(128 * 128 / 256));
  const PictureJob job = newest_request(bench);
  EXPECT_EQ(job.model, "emoji");
  EXPECT_EQ(job.request.prompt, "a fox");
  EXPECT_EQ(job.request.steps, 16);
  EXPECT_EQ(job.request.cfg_scale, 4);
  EXPECT_EQ(body["data"][0]["x_diptych"]["seed"], Json(job.request.seed));
}

TEST(Images, EveryFieldReachesTheJob) {
  ApiBench bench;
  const Answer answer = bench.post(kGenerate, R"({
    "prompt":"a fox","model":"emoji","n":2,"size":"96x64","quality":"auto","output_format":"webp",
    "output_compression":70,"background":"opaque","moderation":"low","user":"u","seed":7,"steps":9,
    "cfg_scale":3.5,"negative_prompt":"blue","sampler":"Euler a","scheduler":"Karras",
    "clip_skip":2,"eta":0.5,"noise":"nv"})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const PictureJob job = newest_request(bench);
  EXPECT_EQ(job.file, PictureFormat::kWebp);
  EXPECT_EQ(job.quality, 70);
  EXPECT_FALSE(job.lossless);
  const ImageRequest& request = job.request;
  EXPECT_EQ(request.batch_count, 2);
  EXPECT_EQ(request.width, 96);
  EXPECT_EQ(request.height, 64);
  EXPECT_EQ(request.seed, 7);
  EXPECT_EQ(request.steps, 9);
  EXPECT_EQ(request.cfg_scale, 3.5);
  EXPECT_EQ(request.negative_prompt, "blue");
  EXPECT_EQ(request.sampler, "Euler a");
  EXPECT_EQ(request.schedule, "Karras");
  EXPECT_EQ(request.clip_skip, 2);
  EXPECT_EQ(request.eta, 0.5);
  EXPECT_EQ(request.noise.kind, RandomSource::Kind::kNv);
  const Json body = body_of(answer);
  EXPECT_EQ(body["data"].as_array().size(), 2u);
  EXPECT_EQ(body["data"][1]["x_diptych"]["seed"], Json(8));
}

TEST(Images, QualityDecidesTheSteps) {
  for (const auto& [quality, steps] : std::vector<std::pair<std::string, int>>{
           {"low", 8}, {"medium", 16}, {"high", 24}, {"standard", 16}, {"hd", 24}}) {
    ApiBench bench;
    bench.post(kGenerate, fmt::format(R"({{"prompt":"a","quality":"{}"}})", quality));
    EXPECT_EQ(newest_request(bench).request.steps, steps) << quality;
  }
}

TEST(Images, QualityBesideStepsIsToldToHaveNoEffect) {
  ApiBench bench;
  const Answer answer = bench.post(kGenerate, R"({"prompt":"a","quality":"low","steps":30})");
  EXPECT_EQ(newest_request(bench).request.steps, 30);
  EXPECT_EQ(body_of(answer)["x_diptych"]["warnings"][0]["param"], Json("quality"));
}

TEST(Images, WhatCannotBeHonouredIsRefusedByName) {
  struct Case {
    std::string fields, param, code;
  };
  const Case cases[] = {
      {R"("n":11)", "n", "integer_above_max_value"},
      {R"("n":0)", "n", "integer_below_min_value"},
      {R"("size":"big")", "size", "invalid_value"},
      {R"("size":"130x129")", "size", "invalid_value"},
      {R"("size":"8192x128")", "size", "invalid_value"},
      {R"("background":"transparent")", "background", "unsupported_value"},
      {R"("style":"vivid")", "style", "unsupported_parameter"},
      {R"("quality":"best")", "quality", "invalid_value"},
      {R"("output_format":"gif")", "output_format", "invalid_value"},
      {R"("output_compression":50)", "output_compression", "invalid_value"},
      {R"("partial_images":2)", "partial_images", "invalid_value"},
      {R"("stream":true,"partial_images":4)", "partial_images", "integer_above_max_value"},
      {R"("stream":true,"n":2)", "n", "invalid_value"},
      {R"("stream":true,"response_format":"url")", "response_format", "invalid_value"},
      {R"("sampler":"Sketch")", "sampler", "invalid_value"},
      {R"("schedule":"Sketch")", "schedule", "invalid_value"},
      {R"("steps":501)", "steps", "integer_above_max_value"},
      {R"("model":"dall-e-3")", "model", "model_not_found"},
      {R"("input_fidelity":"high")", "input_fidelity", "unknown_parameter"},
      {R"("loras":[])", "loras", "unknown_parameter"},
  };
  for (const Case& each : cases) {
    ApiBench bench;
    const Answer answer = bench.post(kGenerate, fmt::format(R"({{"prompt":"a",{}}})", each.fields));
    EXPECT_EQ(answer.status, each.code == "model_not_found" ? 404 : 400) << each.fields;
    EXPECT_EQ(error_param(answer), each.param) << answer.body;
    EXPECT_EQ(error_code(answer), each.code) << answer.body;
    EXPECT_TRUE(bench.pictures.queue.store().jobs.empty());
  }
}

TEST(Images, APromptIsNeeded) {
  ApiBench bench;
  EXPECT_EQ(error_code(bench.post(kGenerate, "{}")), "missing_required_parameter");
  EXPECT_EQ(error_param(bench.post(kGenerate, R"({"prompt":""})")), "prompt");
  EXPECT_EQ(error_param(bench.post(kGenerate,
                                   fmt::format(R"({{"prompt":"{}"}})", std::string(32'001, 'a')))),
            "prompt");
}

TEST(Images, WhatTheModelRefusesIsToldInOurWords) {
  ApiBench bench;
  bench.pictures.catalog.check_error =
      Error{.code = ErrorCode::kInvalidArgument, .message = "width is 12", .param = "width"};
  const Answer answer = bench.post(kGenerate, R"({"prompt":"a"})");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(error_param(answer), "size");
}

TEST(Images, AFailedDrawingIsItsCallersAnswer) {
  ApiBench bench;
  bench.pictures.queue.failure =
      Error{.code = ErrorCode::kInvalidArgument, .message = "too deep", .param = "sampler_name"};
  const Answer answer = bench.post(kGenerate, R"({"prompt":"a"})");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(error_param(answer), "sampler");
}

TEST(Images, AFullQueueAnswers429WithRetryAfter) {
  ApiBench bench;
  bench.pictures.queue.refusal =
      Error{.code = ErrorCode::kOverloaded, .message = "full", .retry_after_ms = 3000};
  const Answer answer = bench.post(kGenerate, R"({"prompt":"a"})");
  EXPECT_EQ(answer.status, 429);
  EXPECT_THAT(answer.headers, ::testing::Contains(Header("retry-after", "3")));
}

TEST(Images, AServerWithoutPicturesSaysSo) {
  ApiBench bench;
  bench.services.pictures = nullptr;
  const Answer answer = bench.post(kGenerate, R"({"prompt":"a"})");
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("draws no pictures"));
}

TEST(Images, TheSameKeyGivesTheSameJobAndSeed) {
  ApiBench bench;
  const auto post = [&] {
    return bench.send(Call{.method = "POST",
                           .path = kGenerate,
                           .headers = {{"idempotency-key", "k1"}},
                           .body = R"({"prompt":"a"})"});
  };
  const Json first = body_of(post()), second = body_of(post());
  EXPECT_EQ(first["x_diptych"]["job"], second["x_diptych"]["job"]);
  EXPECT_EQ(bench.pictures.queue.store().jobs.size(), 1u);
}

// --- waiting and leaving ------------------------------------------------------------------------

Result<Reply> start(ApiBench& bench, std::string body) {
  const Call call{.method = "POST", .path = kGenerate, .body = std::move(body)};
  return find_route("POST", kGenerate).route->handler(call, bench.services);
}

TEST(Images, AWholeAnswerComesWhenTheJobEnds) {
  ApiBench bench;
  bench.pictures.queue.held = true;
  auto reply = start(bench, R"({"prompt":"a"})");
  ASSERT_TRUE(reply);
  auto pending = std::move(std::get<std::unique_ptr<PendingAnswer>>(*reply));
  int wakes = 0;
  pending->on_ready([&] { ++wakes; });
  EXPECT_FALSE(*pending->poll());
  bench.pictures.queue.run_next();
  EXPECT_GT(wakes, 0);
  const auto answer = pending->poll();
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ((*answer)->status, 200);
}

TEST(Images, ACallerWhoLeavesCancelsTheJob) {
  ApiBench bench;
  bench.pictures.queue.held = true;
  for (const char* stream : {"false", "true"}) {
    {
      auto reply = start(bench, fmt::format(R"({{"prompt":"a","stream":{}}})", stream));
      ASSERT_TRUE(reply);
      bench.pictures.queue.start_next();
      EXPECT_EQ(bench.pictures.queue.newest().state, JobState::kRunning);
    }
    EXPECT_EQ(bench.pictures.queue.newest().state, JobState::kCancelled) << stream;
  }
}

TEST(Images, AJobThatSomebodyCancelsAnswers409ThatIsNotRetried) {
  ApiBench bench;
  bench.pictures.queue.held = true;
  auto reply = start(bench, R"({"prompt":"a"})");
  ASSERT_TRUE(bench.pictures.queue.cancel("job_1", std::nullopt));
  const Answer answer = run_to_end(std::move(reply));
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(error_code(answer), "job_cancelled");
  EXPECT_THAT(answer.headers, ::testing::Contains(Header("x-should-retry", "false")));
}

// --- links --------------------------------------------------------------------------------------

TEST(Images, AUrlIsALinkOfThisServerThatEnds) {
  ApiBench bench;
  bench.pictures.services.link_secret = "secret";
  const Answer answer = bench.send(Call{.method = "POST",
                                        .path = kGenerate,
                                        .headers = {{"host", "127.0.0.1:8080"}},
                                        .body = R"({"prompt":"a","response_format":"url"})"});
  const std::string url = body_of(answer)["data"][0]["url"].as_string();
  ASSERT_TRUE(url.starts_with("http://127.0.0.1:8080/api/v1/blobs/")) << url;
  const std::string path = url.substr(std::string("http://127.0.0.1:8080").size());
  const Answer file = bench.get(path);
  EXPECT_EQ(file.status, 200);
  EXPECT_EQ(file.content_type, "image/png");
  EXPECT_EQ(file.body, small_png(8, 8));
  std::string forged = path;
  forged.back() = forged.back() == '0' ? '1' : '0';
  EXPECT_EQ(bench.get(forged).status, 404);
  bench.clock.advance(std::chrono::hours(2));
  EXPECT_EQ(bench.get(path).status, 404);
}

// --- streams ------------------------------------------------------------------------------------

TEST(Images, AStreamCarriesPreviewsThenThePicture) {
  ApiBench bench;
  bench.pictures.queue.steps = 8;
  const Answer answer = bench.post(kGenerate, R"({"prompt":"a","stream":true,"partial_images":2})");
  EXPECT_EQ(answer.content_type, "text/event-stream; charset=utf-8");
  const auto events = sse_objects(answer.body);
  ASSERT_EQ(events.size(), 3u) << answer.body;
  for (int i = 0; i < 2; ++i) {
    const Json& event = events[static_cast<std::size_t>(i)];
    EXPECT_EQ(event["type"], Json("image_generation.partial_image"));
    EXPECT_EQ(event["partial_image_index"], Json(i));
    EXPECT_EQ(*base64_decode(event["b64_json"].as_string()), small_png(2, 2));
  }
  EXPECT_EQ(events[2]["type"], Json("image_generation.completed"));
  EXPECT_EQ(*base64_decode(events[2]["b64_json"].as_string()), small_png(8, 8));
  EXPECT_TRUE(events[2]["usage"].is_object());
  EXPECT_THAT(answer.body, HasSubstr("event: image_generation.completed\ndata: {"));
  EXPECT_TRUE(answer.body.ends_with("data: [DONE]\n\n"));
  EXPECT_EQ(newest_request(bench).preview_every, 5);
}

TEST(Images, AStreamThatFailsEndsWithAnError) {
  ApiBench bench;
  bench.pictures.queue.failure = Error{.code = ErrorCode::kOutOfMemory, .message = "no memory"};
  const Answer answer = bench.post(kGenerate, R"({"prompt":"a","stream":true})");
  const auto events = sse_objects(answer.body);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0]["error"]["message"], Json("no memory"));
}

// --- edits --------------------------------------------------------------------------------------

TEST(Images, AnEditStartsFromItsPicture) {
  ApiBench bench;
  const std::string picture = small_png(60, 30);
  const Answer answer = bench.post(
      kEdit, fmt::format(R"({{"prompt":"a","images":[{{"image_url":"{}"}}]}})", data_url(picture)));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const PictureJob job = newest_request(bench);
  EXPECT_EQ(bench.pictures.blobs.blobs[job.init_blob], picture);
  EXPECT_EQ(bench.pictures.queue.newest().spec.blobs, std::vector<std::string>{job.init_blob});
  ASSERT_TRUE(job.request.init);
  EXPECT_EQ(job.request.init->denoising_strength, 0.75);
  EXPECT_FALSE(job.request.init->inpaint);
  EXPECT_EQ(job.request.width, 184);  // the aspect 2:1 at the area of 128 × 128
  EXPECT_EQ(job.request.height, 88);
}

TEST(Images, AFormSaysTheSameAsJson) {
  ApiBench bench;
  const Answer answer = post_form(bench, kEdit,
                                  {{"name=\"image[]\"; filename=\"a.png\"", small_png(64, 64)},
                                   {"name=\"prompt\"", "a"},
                                   {"name=\"n\"", "2"},
                                   {"name=\"input_fidelity\"", "high"},
                                   {"name=\"size\"", "128x64"}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  const PictureJob job = newest_request(bench);
  EXPECT_EQ(job.request.batch_count, 2);
  EXPECT_EQ(job.request.init->denoising_strength, 0.5);
  EXPECT_EQ(job.request.width, 128);
  EXPECT_EQ(job.request.height, 64);
}

TEST(Images, WhatIsTransparentInAMaskIsDrawnAnew) {
  ApiBench bench;
  const Answer answer = post_form(bench, kEdit,
                                  {{"name=\"image\"; filename=\"a.png\"", small_png(8, 8)},
                                   {"name=\"mask\"; filename=\"m.png\"", clear_png(8, 8, 5)},
                                   {"name=\"prompt\"", "a"}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  const PictureJob job = newest_request(bench);
  ASSERT_TRUE(job.request.init->inpaint);
  EXPECT_EQ(job.request.init->denoising_strength, 1);
  const auto mask = decode_picture(bench.pictures.blobs.blobs[job.mask_blob]);
  ASSERT_TRUE(mask);
  EXPECT_EQ(mask->picture.channels, 1);
  EXPECT_EQ(std::ranges::count(mask->picture.pixels, 255), 5);
  EXPECT_EQ(std::ranges::count(mask->picture.pixels, 0), 64 - 5);
}

TEST(Images, AFileOfAnEarlierAnswerCanBeEdited) {
  ApiBench bench;
  bench.post(kGenerate, R"({"prompt":"a"})");
  const Answer answer = bench.post(kEdit, R"({"prompt":"b","images":[{"file_id":"file-img_1"}]})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(bench.pictures.blobs.blobs[newest_request(bench).init_blob], small_png(8, 8));
}

TEST(Images, BadPicturesAreRefusedByName) {
  struct Case {
    std::string fields, param, code;
  };
  const std::string good = data_url(small_png(8, 8));
  const auto images = [](const std::string& url) {
    return fmt::format(R"("images":[{{"image_url":"{}"}}])", url);
  };
  const auto masked = [&](const std::string& mask) {
    return fmt::format(R"({},"mask":{{"image_url":"{}"}})", images(good), mask);
  };
  const Case cases[] = {
      {R"("n":1)", "images", "missing_required_parameter"},
      {images("https://example.com/a.png"), "images[0].image_url", "invalid_image_url"},
      {images("file:///etc/passwd"), "images[0].image_url", "invalid_image_url"},
      {images("data:image/png,abc"), "images[0].image_url", "invalid_image_url"},
      {images("data:image/png;base64,a*b="), "images[0].image_url", "invalid_base64"},
      {images("data:image/png;base64," + base64_encode("GIF89a")), "images[0].image_url",
       "invalid_image_format"},
      {images(data_url(small_png(8, 8).substr(0, 40))), "images[0].image_url", "image_parse_error"},
      {R"("images":[{"file_id":"file-img_9"}])", "images[0]", "image_file_not_found"},
      {R"("images":[{}])", "images[0]", "invalid_value"},
      {R"("images":[{"image_url":"x","file_id":"y"}])", "images[0]", "invalid_value"},
      {masked(data_url(small_png(8, 8))), "mask.image_url", "invalid_value"},
      {masked(data_url(clear_png(8, 4, 3))), "mask.image_url", "invalid_value"},
      {masked(data_url(clear_png(8, 8, 0))), "mask.image_url", "invalid_value"},
  };
  for (const Case& each : cases) {
    ApiBench bench;
    const Answer answer = bench.post(kEdit, fmt::format(R"({{"prompt":"a",{}}})", each.fields));
    EXPECT_EQ(answer.status, 400) << each.fields;
    EXPECT_EQ(error_param(answer), each.param) << answer.body;
    EXPECT_EQ(error_code(answer), each.code) << answer.body;
  }
}

TEST(Images, SeveralPicturesAreRefused) {
  ApiBench bench;
  const Answer answer = post_form(bench, kEdit,
                                  {{"name=\"image[]\"; filename=\"a.png\"", small_png()},
                                   {"name=\"image[]\"; filename=\"b.png\"", small_png()},
                                   {"name=\"prompt\"", "a"}});
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("one picture at a time"));
}

TEST(Images, ABombIsRefusedBeforeItIsUnpacked) {
  ApiBench bench;
  bench.services.limits.picture_pixels_max = 100;
  const Answer answer =
      bench.post(kEdit, fmt::format(R"({{"prompt":"a","images":[{{"image_url":"{}"}}]}})",
                                    data_url(small_png(11, 10))));
  EXPECT_EQ(error_code(answer), "image_too_large");
  bench.services.limits.picture_pixels_max = 1000;
  bench.services.limits.picture_bytes_max = 50;
  const Answer large =
      bench.post(kEdit, fmt::format(R"({{"prompt":"a","images":[{{"image_url":"{}"}}]}})",
                                    data_url(small_png(11, 10))));
  EXPECT_EQ(error_code(large), "image_too_large");
}

TEST(Images, AVariationNeedsNoPrompt) {
  ApiBench bench;
  const Answer answer = post_form(bench, "/v1/images/variations",
                                  {{"name=\"image\"; filename=\"a.png\"", small_png(64, 64)},
                                   {"name=\"n\"", "2"},
                                   {"name=\"size\"", "256x256"}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  const PictureJob job = newest_request(bench);
  EXPECT_EQ(job.request.prompt, "");
  EXPECT_EQ(job.request.init->denoising_strength, 0.6);
  EXPECT_EQ(job.request.width, 256);
  EXPECT_EQ(bench.post("/v1/images/variations", "{}").status, 415);
}

}  // namespace
}  // namespace diptych::testing
