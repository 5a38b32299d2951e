// What a drawing answers.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "api/sdapi/sdapi_bench.h"

namespace diptych::sdapi {
namespace {

Json info_of(const Json& body) { return parse_json(body["info"].as_string()).value_or(Json()); }

std::vector<std::string> names_of(const Json& object) {
  std::vector<std::string> names;
  for (const auto& member : object.as_object()) names.push_back(member.name);
  return names;
}

TEST(DrawAnswer, HasTheShapeThatClientsRead) {
  SdapiBench bench;
  const Json body = bench.post_json("txt2img", R"({"prompt":"x","seed":5,"n_iter":2,"steps":3})");
  EXPECT_EQ(names_of(body), (std::vector<std::string>{"images", "parameters", "info"}));
  ASSERT_EQ(body["images"].as_array().size(), 2u);
  for (const Json& image : body["images"].as_array()) {
    const auto bytes = base64_decode(image.as_string());
    ASSERT_TRUE(bytes);
    EXPECT_TRUE(decode_picture(*bytes));
  }
}

TEST(DrawAnswer, InfoHasEveryKeyOfA1111s) {
  SdapiBench bench;
  const Json info = info_of(
      bench.post_json("txt2img", R"({"prompt":"x","seed":5,"subseed":9,"n_iter":2,"steps":3})"));
  EXPECT_EQ(names_of(info), (std::vector<std::string>{"prompt",
                                                      "negative_prompt",
                                                      "seed",
                                                      "subseed",
                                                      "subseed_strength",
                                                      "width",
                                                      "height",
                                                      "sampler_name",
                                                      "cfg_scale",
                                                      "steps",
                                                      "batch_size",
                                                      "all_prompts",
                                                      "all_negative_prompts",
                                                      "all_seeds",
                                                      "all_subseeds",
                                                      "infotexts",
                                                      "restore_faces",
                                                      "face_restoration_model",
                                                      "sd_model_name",
                                                      "sd_model_hash",
                                                      "sd_vae_name",
                                                      "sd_vae_hash",
                                                      "seed_resize_from_w",
                                                      "seed_resize_from_h",
                                                      "denoising_strength",
                                                      "extra_generation_params",
                                                      "index_of_first_image",
                                                      "styles",
                                                      "job_timestamp",
                                                      "clip_skip",
                                                      "is_using_inpainting_conditioning",
                                                      "version"}));
  EXPECT_EQ(dump_json(info["all_seeds"]), "[5,6]");
  EXPECT_EQ(dump_json(info["all_subseeds"]), "[9,10]");
  EXPECT_EQ(info["all_prompts"].as_array().size(), 2u);
  EXPECT_EQ(info["infotexts"].as_array().size(), 2u);
  EXPECT_EQ(info["sd_model_name"].as_string(), "emoji");
  EXPECT_EQ(info["index_of_first_image"].as_int(), 0);
  EXPECT_EQ(info["job_timestamp"].as_string().size(), 14u);
}

TEST(DrawAnswer, RepeatsTheRequestWithItsDefaults) {
  SdapiBench bench;
  const Json echo =
      bench.post_json("txt2img", R"({"prompt":"x","steps":3,"clip_skip":2})")["parameters"];
  EXPECT_EQ(echo["prompt"].as_string(), "x");
  EXPECT_EQ(echo["steps"].as_int(), 3);
  EXPECT_EQ(echo["seed"].as_int(), -1);
  EXPECT_EQ(echo["width"].as_int(), 512);
  EXPECT_EQ(echo["clip_skip"].as_int(), 2);
  EXPECT_TRUE(echo["sampler_name"].is_null());
  EXPECT_EQ(dump_json(echo["alwayson_scripts"]), "{}");
  for (const char* name :
       {"enable_hr", "hr_prompt", "send_images", "s_noise", "refiner_checkpoint"})
    EXPECT_NE(echo.find(name), nullptr) << name;
  EXPECT_EQ(echo.find("cfg_rescale"), nullptr);  // of other programs: only when it is given
}

TEST(DrawAnswer, RepeatsPicturesOnlyWhenAsked) {
  SdapiBench bench;
  const std::string picture = png_text();
  const auto echo = [&](std::string_view more) {
    return bench.post_json(
        "img2img", fmt::format(R"({{"init_images":["{}"]{}}})", picture, more))["parameters"];
  };
  EXPECT_TRUE(echo("")["init_images"].is_null());
  EXPECT_EQ(echo("").find("include_init_images"), nullptr);
  EXPECT_EQ(echo(R"(,"include_init_images":true)")["init_images"][0].as_string(), picture);
}

TEST(DrawAnswer, PicturesCanBeLeftOut) {
  SdapiBench bench;
  const Json body = bench.post_json("txt2img", R"({"send_images":false,"n_iter":2})");
  EXPECT_TRUE(body["images"].as_array().empty());
  EXPECT_EQ(info_of(body)["all_seeds"].as_array().size(), 2u);
}

TEST(DrawAnswer, AGridLeadsWhenItIsAskedFor) {
  SdapiBench bench;
  const Json body = bench.post_json("txt2img", R"({"return_grid":true,"n_iter":2})");
  ASSERT_EQ(body["images"].as_array().size(), 3u);
  EXPECT_EQ(info_of(body)["index_of_first_image"].as_int(), 1);
  EXPECT_EQ(info_of(body)["infotexts"].as_array().size(), 3u);
  EXPECT_EQ(info_of(body)["all_seeds"].as_array().size(), 2u);
  const auto grid = decode_picture(*base64_decode(body["images"][0].as_string()));
  EXPECT_EQ(grid->picture.width * grid->picture.height, 2 * 8 * 8);
  EXPECT_EQ(bench.post_json("txt2img", R"({"return_grid":true})")["images"].as_array().size(), 1u);
}

TEST(DrawAnswer, LeavesNothingBehindWhenNothingShallBeSaved) {
  SdapiBench bench;
  EXPECT_EQ(bench.post("txt2img", R"({"do_not_save_samples":true})").status, 200);
  EXPECT_TRUE(bench.queue().store().jobs.empty());
  EXPECT_EQ(bench.post("txt2img", R"({"do_not_save_samples":true,"save_images":true})").status,
            200);
  EXPECT_EQ(bench.queue().store().jobs.size(), 1u);
}

TEST(DrawAnswer, NamesItsJob) {
  SdapiBench bench;
  const Answer answer = bench.post("txt2img", "{}");
  EXPECT_EQ(header_of(answer, "x-job-id"), bench.queue().newest().id);
}

TEST(DrawAnswer, FailuresHaveTheirOwnStatus) {
  struct Failure {
    Error error;
    int status;
    std::string name;
  };
  const Failure cases[] = {
      {{.code = ErrorCode::kOutOfMemory, .message = "8 GiB are free"}, 507, "OutOfMemory"},
      {{.code = ErrorCode::kTimeout, .message = "too long"}, 503, "Timeout"},
      {{.code = ErrorCode::kIo, .message = "/secret"}, 500, "ServerError"},
  };
  for (const Failure& each : cases) {
    SdapiBench bench;
    bench.queue().failure = each.error;
    const Answer answer = bench.post("txt2img", "{}");
    EXPECT_EQ(answer.status, each.status);
    EXPECT_EQ(testing::body_of(answer)["error"].as_string(), each.name);
    EXPECT_EQ(answer.body.find("secret"), std::string::npos);
  }
}

TEST(DrawAnswer, AFullQueueSaysWhenToComeBack) {
  SdapiBench bench;
  bench.queue().refusal =
      Error{.code = ErrorCode::kOverloaded, .message = "full", .retry_after_ms = 2000};
  const Answer answer = bench.post("txt2img", "{}");
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(header_of(answer, "retry-after"), "2");
  EXPECT_EQ(testing::body_of(answer)["error"].as_string(), "QueueFull");
}

}  // namespace
}  // namespace diptych::sdapi
