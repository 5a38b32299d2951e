#include "api/diptych/jobs.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/testing/api_bench.h"
#include "base/base64.h"
#include "jobs/pictures/picture_job.h"

namespace diptych::testing {
namespace {

using ::testing::HasSubstr;

constexpr char kJobs[] = "/api/v1/jobs";
constexpr char kDraw[] = R"({"picture":{"prompt":"a fox"}})";

Call as(std::string key, Call call) {
  call.caller = {.key_id = std::move(key), .scopes = {"inference"}};
  return call;
}

Call get_call(std::string path, std::vector<std::pair<std::string, std::string>> query = {}) {
  return Call{.method = "GET", .path = std::move(path), .query = std::move(query)};
}

TEST(Jobs, ASubmittedJobIsAnsweredAtOnce) {
  ApiBench bench;
  bench.pictures.queue.held = true;
  const Answer answer = bench.post(kJobs, kDraw);
  ASSERT_EQ(answer.status, 202) << answer.body;
  EXPECT_THAT(answer.headers, ::testing::Contains(Header("location", "/api/v1/jobs/job_1")));
  const Json job = body_of(answer);
  EXPECT_EQ(job["state"], Json("queued"));
  EXPECT_EQ(job["position"], Json(0));
  EXPECT_EQ(job["kind"], Json("picture"));
  EXPECT_EQ(job["request"]["request"]["prompt"], Json("a fox"));
  EXPECT_TRUE(job["error"].is_null());
}

TEST(Jobs, EveryFieldOfAPictureReachesTheJob) {
  ApiBench bench;
  const std::string picture = base64_encode(small_png(16, 16));
  const Answer answer = bench.post(kJobs, fmt::format(R"({{"kind":"picture","priority":"batch",
    "timeout_ms":5000,"picture":{{"prompt":"p","negative_prompt":"n","width":64,"height":96,
    "steps":3,"cfg_scale":2,"cfg_rescale":0.5,"seed":4,"batch_size":2,"batch_count":3,
    "sampler":"DPM++ 2M","schedule":"Karras","clip_skip":2,"noise":"nv","eta":0.1,
    "eta_noise_seed_delta":31337,"prompt_parser":"compel","emphasis":"No norm",
    "variation":{{"seed":5,"strength":0.25}},"seed_resize_width":128,"seed_resize_height":64,
    "init":{{"picture":"{}","denoising_strength":0.4,"resize":"fill",
      "inpaint":{{"mask":"{}","blur":2,"inverted":true,"content":"latent_noise","soft":true,
                  "only_masked":true,"padding":8}}}},
    "format":"webp","lossless":false,"quality":70,"write_infotext":false,"preview_every":2}}}})",
                                                      picture, picture));
  ASSERT_EQ(answer.status, 202) << answer.body;
  const NewJob& spec = bench.pictures.queue.newest().spec;
  EXPECT_EQ(spec.priority, JobPriority::kBatch);
  EXPECT_EQ(spec.timeout_ms, 5000);
  const PictureJob job = *parse_picture_job(spec.request);
  const ImageRequest& request = job.request;
  EXPECT_EQ(request.width, 64);
  EXPECT_EQ(request.batch_size, 2);
  EXPECT_EQ(request.batch_count, 3);
  EXPECT_EQ(request.cfg_rescale, 0.5);
  EXPECT_EQ(request.sampler, "DPM++ 2M");
  EXPECT_EQ(request.prompt_parser, AttentionSyntax::kCompel);
  EXPECT_EQ(request.emphasis, EmphasisMode::kNoNorm);
  ASSERT_TRUE(request.variation);
  EXPECT_EQ(request.variation->strength, 0.25);
  EXPECT_EQ(request.seed_resize_width, 128);
  ASSERT_TRUE(request.init && request.init->inpaint);
  EXPECT_EQ(request.init->denoising_strength, 0.4);
  EXPECT_EQ(request.init->resize, ResizeMode::kFill);
  EXPECT_EQ(request.init->inpaint->content, MaskedContent::kLatentNoise);
  EXPECT_TRUE(request.init->inpaint->inverted && request.init->inpaint->soft &&
              request.init->inpaint->only_masked);
  EXPECT_EQ(request.init->inpaint->padding, 8);
  EXPECT_EQ(job.init_blob, job.mask_blob);
  EXPECT_EQ(job.file, PictureFormat::kWebp);
  EXPECT_FALSE(job.lossless);
  EXPECT_EQ(job.quality, 70);
  EXPECT_FALSE(job.write_infotext);
  EXPECT_EQ(job.preview_every, 2);
}

TEST(Jobs, WhatCannotBeHonouredIsRefusedByName) {
  struct Case {
    std::string body, param;
  };
  const Case cases[] = {
      {R"({})", "picture"},
      {R"({"kind":"text","picture":{"prompt":"a"}})", "kind"},
      {R"({"picture":{}})", "picture.prompt"},
      {R"({"picture":{"prompt":"a","widht":8}})", "picture.widht"},
      {R"({"picture":{"prompt":"a","width":65}})", "picture.width"},
      {R"({"picture":{"prompt":"a","sampler":"x"}})", "picture.sampler"},
      {R"({"picture":{"prompt":"a","init":{"picture":"@"}}})", "picture.init.picture"},
      {R"({"picture":{"prompt":"a","init":{"picture":"blob:00"}}})", "picture.init.picture"},
      {R"({"picture":{"prompt":"a","hires":{"width":64,"height":64,"upscaler":"x"}}})",
       "picture.hires.upscaler"},
      {R"({"picture":{"prompt":"a","quality":50}})", "picture.quality"},
      {R"({"picture":{"prompt":"a"},"priority":"urgent"})", "priority"},
      {R"({"picture":{"prompt":"a"},"timeout_ms":0})", "timeout_ms"},
  };
  for (const Case& each : cases) {
    ApiBench bench;
    const Answer answer = bench.post(kJobs, each.body);
    EXPECT_EQ(answer.status, 400) << each.body;
    EXPECT_EQ(error_param(answer), each.param) << answer.body;
  }
}

TEST(Jobs, HighPriorityNeedsAnAdministratorsKey) {
  ApiBench bench;
  const Call call{
      .method = "POST", .path = kJobs, .body = R"({"priority":"high","picture":{"prompt":"a"}})"};
  EXPECT_EQ(bench.send(as("key_a", call)).status, 403);
  EXPECT_EQ(bench.send(call).status, 202);
}

TEST(Jobs, TheSameKeyAnswersTheSameJob) {
  ApiBench bench;
  const char body[] = R"({"idempotency_key":"k","picture":{"prompt":"a"}})";
  EXPECT_EQ(bench.post(kJobs, body).status, 202);
  const Answer again = bench.post(kJobs, body);
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(body_of(again)["id"], Json("job_1"));
}

TEST(Jobs, AJobStartsFromAFileThatWasKept) {
  ApiBench bench;
  const Answer kept =
      bench.send(Call{.method = "POST", .path = "/api/v1/blobs", .body = small_png(32, 32)});
  ASSERT_EQ(kept.status, 201) << kept.body;
  const std::string hash = body_of(kept)["blob"].as_string();
  const Answer answer = bench.post(
      kJobs, fmt::format(R"({{"picture":{{"prompt":"a","init":{{"picture":"blob:{}"}}}}}})", hash));
  ASSERT_EQ(answer.status, 202) << answer.body;
  EXPECT_EQ(bench.pictures.queue.newest().spec.blobs, std::vector<std::string>{hash});
}

TEST(Jobs, OwnersSeeTheirOwnJobsOnly) {
  ApiBench bench;
  bench.send(as("key_a", Call{.method = "POST", .path = kJobs, .body = kDraw}));
  for (const auto& [method, path] :
       std::vector<std::pair<std::string, std::string>>{{"GET", "/api/v1/jobs/job_1"},
                                                        {"GET", "/api/v1/jobs/job_1/events"},
                                                        {"POST", "/api/v1/jobs/job_1/cancel"},
                                                        {"POST", "/api/v1/jobs/job_1/skip"},
                                                        {"DELETE", "/api/v1/jobs/job_1"}}) {
    EXPECT_EQ(bench.send(as("key_b", Call{.method = method, .path = path})).status, 404) << path;
    EXPECT_NE(bench.send(as("key_a", Call{.method = method, .path = path})).status, 404) << path;
    if (method == "DELETE") break;
  }
}

TEST(Jobs, AListIsCutAndFiltered) {
  ApiBench bench;
  for (int i = 0; i < 3; ++i) bench.post(kJobs, kDraw);
  bench.pictures.queue.held = true;
  bench.post(kJobs, kDraw);
  const Json page = body_of(bench.send(get_call(kJobs, {{"limit", "2"}})));
  EXPECT_EQ(page["data"].as_array().size(), 2u);
  EXPECT_EQ(page["data"][0]["id"], Json("job_4"));
  EXPECT_EQ(page["data"][0]["position"], Json(0));
  EXPECT_EQ(page["has_more"], Json(true));
  const Json queued = body_of(bench.send(get_call(kJobs, {{"state", "queued"}})));
  EXPECT_EQ(queued["data"].as_array().size(), 1u);
  EXPECT_EQ(error_param(bench.send(get_call(kJobs, {{"state", "lost"}}))), "state");
  EXPECT_EQ(error_param(bench.send(get_call(kJobs, {{"limit", "many"}}))), "limit");
  EXPECT_EQ(error_param(bench.send(get_call(kJobs, {{"colour", "red"}}))), "colour");
}

TEST(Jobs, CancelAndDeleteFollowTheState) {
  ApiBench bench;
  bench.pictures.queue.held = true;
  bench.post(kJobs, kDraw);
  EXPECT_EQ(bench.send(Call{.method = "DELETE", .path = "/api/v1/jobs/job_1"}).status, 409);
  const Answer cancelled = bench.post("/api/v1/jobs/job_1/cancel", "");
  EXPECT_EQ(body_of(cancelled)["state"], Json("cancelled"));
  EXPECT_EQ(bench.send(Call{.method = "DELETE", .path = "/api/v1/jobs/job_1"}).status, 200);
  EXPECT_EQ(bench.get("/api/v1/jobs/job_1").status, 404);
}

// --- waiting ------------------------------------------------------------------------------------

Result<Reply> look(ApiBench& bench, std::vector<std::pair<std::string, std::string>> query) {
  Call call = get_call("/api/v1/jobs/job_1", std::move(query));
  call.path_params = {{"id", "job_1"}};
  return find_route("GET", "/api/v1/jobs/job_1").route->handler(call, bench.services);
}

TEST(Jobs, ALongPollWaitsForNews) {
  ApiBench bench;
  bench.pictures.queue.held = true;
  bench.post(kJobs, kDraw);
  const Json now = body_of(bench.get("/api/v1/jobs/job_1"));
  auto reply = look(bench, {{"wait_ms", "1000"},
                            {"since", fmt::format("{}", now["sequence"].as_int())},
                            {"preview", "true"}});
  ASSERT_TRUE(reply);
  auto& pending = std::get<std::unique_ptr<PendingAnswer>>(*reply);
  pending->on_ready([] {});
  EXPECT_FALSE(*pending->poll());
  bench.pictures.queue.start_next();
  bench.pictures.queue.step();
  const auto answer = pending->poll();
  ASSERT_TRUE(answer && *answer);
  const Json job = body_of(**answer);
  EXPECT_EQ(job["state"], Json("running"));
  EXPECT_EQ(job["progress"]["step"], Json(1));
  EXPECT_TRUE(job["preview"]["b64"].is_string());
  EXPECT_GT(job["sequence"].as_int(), now["sequence"].as_int());
}

TEST(Jobs, ALongPollEndsWithItsTime) {
  ApiBench bench;
  bench.pictures.queue.held = true;
  bench.post(kJobs, kDraw);
  auto reply = look(bench, {{"wait_ms", "1000"}, {"since", "99"}});
  auto& pending = std::get<std::unique_ptr<PendingAnswer>>(*reply);
  pending->on_ready([] {});
  EXPECT_FALSE(*pending->poll());
  ASSERT_TRUE(pending->wake_at());
  bench.clock.advance(std::chrono::milliseconds(1001));
  EXPECT_LE(*pending->wake_at(), bench.clock.now());
  const auto answer = pending->poll();
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ(body_of(**answer)["state"], Json("queued"));
}

// --- events -------------------------------------------------------------------------------------

TEST(JobEvents, AJobsStreamEndsWithTheJob) {
  ApiBench bench;
  bench.post(kJobs, kDraw);
  const Answer answer = bench.get("/api/v1/jobs/job_1/events");
  const auto events = sse_objects(answer.body);
  ASSERT_EQ(events.size(), 7u);
  EXPECT_EQ(events.front()["type"], Json("queued"));
  EXPECT_EQ(events.back()["state"], Json("succeeded"));
  EXPECT_THAT(answer.body, HasSubstr("event: preview\nid: 4\ndata: {"));
}

TEST(JobEvents, AReaderWhoComesBackGoesOnWhereItWas) {
  ApiBench bench;
  bench.post(kJobs, kDraw);
  Call call = get_call("/api/v1/jobs/job_1/events");
  call.headers = {{"last-event-id", "6"}};
  EXPECT_EQ(sse_objects(bench.send(call).body).size(), 1u);
  call.headers = {{"last-event-id", "x"}};
  EXPECT_EQ(bench.send(call).status, 400);
}

TEST(JobEvents, AllJobsAreToldUntilTheReaderLeaves) {
  ApiBench bench;
  Call call = get_call("/api/v1/events", {{"previews", "false"}});
  auto reply = find_route("GET", "/api/v1/events").route->handler(call, bench.services);
  auto& stream = std::get<StreamedAnswer>(*reply);
  stream.chunks->on_ready([] {});
  std::string out;
  EXPECT_EQ(stream.chunks->poll(out), ChunkState::kWait);
  bench.post(kJobs, kDraw);
  bench.post(kJobs, kDraw);
  while (stream.chunks->poll(out) == ChunkState::kMore) {
  }
  EXPECT_EQ(sse_objects(out).size(), 14u);
  out.clear();
  bench.clock.advance(std::chrono::seconds(16));
  EXPECT_LE(*stream.chunks->wake_at(), bench.clock.now());
  EXPECT_EQ(stream.chunks->poll(out), ChunkState::kWait);
  EXPECT_EQ(out, ":\n\n");
}

}  // namespace
}  // namespace diptych::testing
