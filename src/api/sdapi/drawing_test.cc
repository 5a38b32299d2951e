// Bodies of txt2img and img2img → jobs.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "api/sdapi/sdapi_bench.h"

namespace diptych::sdapi {
namespace {

struct Member {
  std::string body, path, value;  // value: JSON
};

template <std::size_t kCount>
void expect_in_job(const Member (&cases)[kCount]) {
  for (const Member& each : cases) {
    SdapiBench bench;
    const Answer answer = bench.post("txt2img", "{" + each.body + "}");
    ASSERT_EQ(answer.status, 200) << each.body << answer.body;
    EXPECT_EQ(dump_json(at_path(bench.job(), each.path)), each.value) << each.body;
  }
}

// One row a field that decides something: it must arrive in the job.
TEST(TextToImage, EveryFieldArrivesInTheJob) {
  const Member cases[] = {
      {R"("prompt":"a cat")", "request.prompt", R"("a cat")"},
      {R"("negative_prompt":"dog")", "request.negative_prompt", R"("dog")"},
      {R"("seed":7)", "request.seed", "7"},
      {R"("subseed":3,"subseed_strength":0.5)", "request.variation.seed", "3"},
      {R"("subseed":3,"subseed_strength":0.5)", "request.variation.strength", "0.5"},
      {R"("subseed":3)", "request.variation", "null"},
      {R"("seed_resize_from_w":64)", "request.seed_resize_width", "64"},
      {R"("seed_resize_from_h":64)", "request.seed_resize_height", "64"},
      {R"("seed_resize_from_h":-1)", "request.seed_resize_height", "0"},
      {R"("sampler_name":"DPM++ 2M")", "request.sampler", R"("DPM++ 2M")"},
      {R"("sampler_index":"Heun")", "request.sampler", R"("Heun")"},
      {R"("sampler_index":"Heun","sampler_name":"DDIM")", "request.sampler", R"("DDIM")"},
      {R"("sampler_name":"Default")", "request.sampler", R"("")"},
      {R"("sampler_name":null)", "request.sampler", R"("Euler")"},
      {R"("scheduler":"karras")", "request.schedule", R"("Karras")"},
      {R"("scheduler":"sgm_uniform")", "request.schedule", R"("SGM Uniform")"},
      {R"("scheduler":"SGM Uniform")", "request.schedule", R"("SGM Uniform")"},
      {R"("scheduler":"automatic")", "request.schedule", R"("")"},
      {R"("schedulers_sigma":"exponential")", "request.schedule", R"("Exponential")"},
      {R"("batch_size":3)", "request.batch_size", "3"},
      {R"("n_iter":4)", "request.batch_count", "4"},
      {R"("steps":31)", "request.steps", "31"},
      {R"("steps":"31")", "request.steps", "31"},
      {R"("steps":31.0)", "request.steps", "31"},
      {R"("cfg_scale":2.5)", "request.cfg_scale", "2.5"},
      {R"("width":256,"height":320)", "request.width", "256"},
      {R"("width":256,"height":320)", "request.height", "320"},
      {R"("eta":0.5)", "request.eta", "0.5"},
      {R"("clip_skip":2)", "request.clip_skip", "2"},
      {R"("cfg_rescale":0.7)", "request.cfg_rescale", "0.7"},
      {R"("override_settings":{"CLIP_stop_at_last_layers":2})", "request.clip_skip", "2"},
      {R"("override_settings":{"eta_noise_seed_delta":31337})", "request.eta_noise_seed_delta",
       "31337"},
      {R"("override_settings":{"samples_format":"jpg"})", "file", R"("jpeg")"},
      {R"("override_settings":{"jpeg_quality":42})", "quality", "42"},
      {R"("override_settings":{"webp_lossless":true})", "lossless", "true"},
      {R"("override_settings":{"enable_pnginfo":false})", "write_infotext", "false"},
      {R"("override_settings":{"show_progress_every_n_steps":3})", "preview_every", "3"},
      {R"("override_settings":{"sd_model_checkpoint":"emoji.safetensors"})", "model", R"("emoji")"},
      {R"("sd_model_checkpoint":"abc")", "model", R"("emoji")"},
  };
  expect_in_job(cases);
}

TEST(TextToImage, EveryFieldOfTheSecondPassArrivesInTheJob) {
  const Member cases[] = {
      {R"("enable_hr":true)", "request.hires.width", "1024"},
      {R"("enable_hr":true,"hr_scale":1.5)", "request.hires.height", "768"},
      {R"("enable_hr":true,"hr_resize_x":640)", "request.hires.height", "640"},
      {R"x("enable_hr":true,"hr_upscaler":"Latent (nearest)")x", "request.hires.upscaler",
       R"x("Latent (nearest)")x"},
      {R"("enable_hr":true,"hr_upscaler":null)", "request.hires.upscaler", R"("Latent")"},
      {R"("enable_hr":true,"hr_second_pass_steps":5)", "request.hires.steps", "5"},
      {R"("enable_hr":true,"denoising_strength":0.4)", "request.hires.denoising_strength", "0.4"},
      {R"("enable_hr":true)", "request.hires.denoising_strength", "0.75"},
      {R"("enable_hr":true,"hr_sampler_name":"Heun")", "request.hires.sampler", R"("Heun")"},
      {R"("enable_hr":true,"hr_scheduler":"Karras")", "request.hires.schedule", R"("Karras")"},
      {R"("enable_hr":true,"hr_prompt":"more")", "request.hires.prompt", R"("more")"},
      {R"("enable_hr":true,"hr_prompt":"")", "request.hires.prompt", "null"},
      {R"("enable_hr":true,"refiner_negative":"less")", "request.hires.negative_prompt",
       R"("less")"},
      {R"("enable_hr":true,"hr_cfg":3)", "request.hires.cfg_scale", "3.0"},
      {R"("enable_hr":false,"hr_scale":3)", "request.hires", "null"},
      {R"("enable_hr":true,"firstphase_width":256,"firstphase_height":256)", "request.width",
       "256"},
      {R"("enable_hr":true,"firstphase_width":256,"firstphase_height":256)", "request.hires.width",
       "512"},
  };
  expect_in_job(cases);
}

TEST(TextToImage, AnEmptyBodyDrawsWithA1111sDefaults) {
  SdapiBench bench;
  ASSERT_EQ(bench.post("txt2img", "{}").status, 200);
  const Json request = bench.job()["request"];
  EXPECT_EQ(request["width"].as_int(), 512);
  EXPECT_EQ(request["steps"].as_int(), 20);
  EXPECT_EQ(request["cfg_scale"].as_double(), 7);
  EXPECT_EQ(request["sampler"].as_string(), "Euler");
  EXPECT_GE(request["seed"].as_int(), 0);
  EXPECT_EQ(bench.job()["model"].as_string(), "emoji");
}

struct Refusal {
  std::string body;
  int status;
  std::string where;  // part of the answer
};

TEST(TextToImage, RefusesByName) {
  const Refusal cases[] = {
      {R"({"steps":0})", 422, R"("loc":["body","steps"])"},
      {R"({"steps":151})", 422, R"("type":"less_than_equal")"},
      {R"({"steps":"many"})", 422, R"("type":"type_error")"},
      {R"({"width":5000})", 422, R"("loc":["body","width"])"},
      {R"({"prompt":7})", 422, R"("loc":["body","prompt"])"},
      {R"({"seed":-2})", 422, R"("loc":["body","seed"])"},
      {R"({"sampler_name":"Nobody"})", 404, R"("error":"NotFound")"},
      {R"({"scheduler":"Nobody"})", 404, "unknown schedule"},
      {R"({"enable_hr":true,"hr_upscaler":"Nobody"})", 404, "no upscaler 'Nobody'"},
      {R"({"enable_hr":true,"hr_sampler_name":"Nobody"})", 404, "unknown sampler"},
      {R"({"enable_hr":true,"hr_scale":20})", 422, R"("loc":["body","hr_resize_x"])"},
      {R"({"enable_hr":true,"hr_checkpoint_name":"other"})", 422, "hr_checkpoint_name"},
      {R"({"override_settings":{"sd_model_checkpoint":"Nobody"}})", 404, "Nobody"},
      {R"({"override_settings":{"sd_vae":"other.pt"}})", 422,
       R"("loc":["body","override_settings","sd_vae"])"},
      {R"({"override_settings":{"CLIP_stop_at_last_layers":99}})", 422,
       R"("loc":["body","override_settings","CLIP_stop_at_last_layers"])"},
      {R"({"restore_faces":true})", 422, R"("loc":["body","restore_faces"])"},
      {R"({"tiling":true})", 422, R"("loc":["body","tiling"])"},
      {R"({"s_churn":3})", 422, R"("loc":["body","s_churn"])"},
      {R"({"s_noise":1.1})", 422, R"("loc":["body","s_noise"])"},
      {R"({"s_min_uncond":1})", 422, R"("loc":["body","s_min_uncond"])"},
      {R"({"refiner_checkpoint":"xl"})", 422, R"("loc":["body","refiner_checkpoint"])"},
      {R"({"firstpass_image":"x"})", 422, R"("loc":["body","firstpass_image"])"},
      {R"({"script_name":"X/Y/Z plot"})", 422, "Script 'X/Y/Z plot' not found"},
      {R"({"alwayson_scripts":{"Nobody":{}}})", 422, "always on script Nobody not found"},
      {R"({"alwayson_scripts":{"ControlNet":{"args":[{"model":"canny"}]}}})", 422,
       R"("loc":["body","alwayson_scripts","ControlNet"])"},
      {R"({"alwayson_scripts":{"ADetailer":{"args":[true,{}]}}})", 422, "ADetailer"},
      {R"({"detailer_enabled":true})", 422, "detailer_enabled"},
      {R"([])", 422, R"("type":"json_invalid")"},
      {R"({)", 422, R"("type":"json_invalid")"},
  };
  for (const Refusal& each : cases) {
    SdapiBench bench;
    const Answer answer = bench.post("txt2img", each.body);
    EXPECT_EQ(answer.status, each.status) << each.body << answer.body;
    EXPECT_NE(answer.body.find(each.where), std::string::npos) << each.body << answer.body;
    EXPECT_TRUE(bench.queue().store().jobs.empty()) << each.body;
  }
}

TEST(TextToImage, WhatAsksForNothingMayStay) {
  const std::string bodies[] = {
      R"({"eta":1,"s_churn":0,"s_tmax":0,"s_tmin":0,"s_noise":1,"s_min_uncond":0})",
      R"({"restore_faces":false,"tiling":false,"styles":[],"script_name":"None","script_args":[]})",
      R"({"refiner_checkpoint":"None","refiner_switch_at":0.8,"hr_checkpoint_name":""})",
      R"({"override_settings":{},"override_settings_restore_afterwards":true})",
      R"({"override_settings":{"sd_vae":"Automatic","forge_additional_modules":[]}})",
      R"({"alwayson_scripts":{"ADetailer":{"args":[false]},"ControlNet":{"args":[]}}})",
      R"({"alwayson_scripts":{"controlnet":{"args":[{"enabled":false,"model":"x"}]}}})",
      R"({"alwayson_scripts":{"reactor":{"args":["x",false]}}})",
      R"({"send_images":true,"save_images":true,"do_not_save_grid":false,"comments":null})",
  };
  for (const std::string& body : bodies) {
    SdapiBench bench;
    const Answer answer = bench.post("txt2img", body);
    EXPECT_EQ(answer.status, 200) << body << answer.body;
    EXPECT_EQ(header_of(answer, "x-diptych-warnings"), "") << body << answer.body;
  }
}

struct Warned {
  std::string body, param;
};

TEST(TextToImage, WhatHasNoEffectIsToldOf) {
  const Warned cases[] = {
      {R"({"hdr_mode":1})", "hdr_mode"},
      {R"({"override_settings":{"nobody":1}})", "override_settings.nobody"},
      {R"({"override_settings":{"outdir_samples":"x"}})", "override_settings.outdir_samples"},
      {R"({"override_settings_restore_afterwards":false})", "override_settings_restore_afterwards"},
      {R"({"styles":["nobody"]})", "styles"},
      {R"({"width":515})", "width"},
      {R"({"enable_hr":true,"hr_resize_x":512,"hr_resize_y":1024})", "hr_resize_x"},
      {R"({"infotext":"a\nSteps: 3, Sampler: Heun, Seed: 4, Nobody: 5"})", "infotext"},
  };
  for (const Warned& each : cases) {
    SdapiBench bench;
    const Answer answer = bench.post("txt2img", each.body);
    ASSERT_EQ(answer.status, 200) << each.body << answer.body;
    EXPECT_EQ(header_of(answer, "x-diptych-warnings"), "1") << each.body << answer.body;
    const Json body = testing::body_of(answer);
    EXPECT_EQ(body["warnings"][0]["param"].as_string(), each.param);
    const Json info = *parse_json(body["info"].as_string());
    EXPECT_EQ(info["warnings"], body["warnings"]);
  }
}

TEST(TextToImage, StrictMakesAnErrorOfAWarning) {
  SdapiBench bench;
  Call call{.method = "POST", .path = "/sdapi/v1/txt2img", .body = R"({"hdr_mode":1})"};
  call.query = {{"strict", "true"}};
  const Answer answer = bench.api.send(call);
  EXPECT_EQ(answer.status, 422);
  EXPECT_NE(answer.body.find("hdr_mode"), std::string::npos);
  EXPECT_TRUE(bench.queue().store().jobs.empty());
}

TEST(TextToImage, SidesAreRoundedDownToEights) {
  SdapiBench bench;
  ASSERT_EQ(bench.post("txt2img", R"({"width":519,"height":512})").status, 200);
  EXPECT_EQ(bench.job()["request"]["width"].as_int(), 512);
}

TEST(TextToImage, AnInfotextFillsWhatIsNotGiven) {
  SdapiBench bench;
  const Answer answer = bench.post(
      "txt2img",
      R"({"prompt":"mine","steps":9,"override_settings":{"CLIP_stop_at_last_layers":3},)"
      R"("infotext":"theirs\nNegative prompt: bad\nSteps: 30, Sampler: DPM++ 2M, Schedule type: Karras,)"
      R"( CFG scale: 3, Seed: 42, Size: 256x320, Clip skip: 2, RNG: NV, Model: emoji"})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json request = bench.job()["request"];
  EXPECT_EQ(request["prompt"].as_string(), "mine");
  EXPECT_EQ(request["negative_prompt"].as_string(), "bad");
  EXPECT_EQ(request["steps"].as_int(), 9);
  EXPECT_EQ(request["sampler"].as_string(), "DPM++ 2M");
  EXPECT_EQ(request["schedule"].as_string(), "Karras");
  EXPECT_EQ(request["cfg_scale"].as_double(), 3);
  EXPECT_EQ(request["seed"].as_int(), 42);
  EXPECT_EQ(request["width"].as_int(), 256);
  EXPECT_EQ(request["height"].as_int(), 320);
  EXPECT_EQ(request["clip_skip"].as_int(), 3);
  EXPECT_EQ(bench.job()["request"]["noise"].as_string(), "nv");
}

TEST(ImageToImage, EveryFieldArrivesInTheJob) {
  const std::string picture = fmt::format(R"("init_images":["{}"])", png_text());
  const std::string mask = fmt::format(R"(,"mask":"data:image/png;base64,{}")", png_text(4, 4));
  const Member cases[] = {
      {R"(,"denoising_strength":0.3)", "request.init.denoising_strength", "0.3"},
      {"", "request.init.denoising_strength", "0.75"},
      {R"(,"resize_mode":1)", "request.init.resize", R"("crop")"},
      {"", "request.init.inpaint", "null"},
      {R"(,"inpaint_full_res":true)", "request.init.inpaint", "null"},
      {mask, "request.init.inpaint.only_masked", "true"},
      {mask, "request.init.inpaint.content", R"("fill")"},
      {mask, "request.init.inpaint.blur", "4.0"},
      {mask, "request.init.inpaint.padding", "0"},
      {mask, "request.init.inpaint.soft", "false"},
      {mask + R"(,"inpaint_full_res":false)", "request.init.inpaint.only_masked", "false"},
      {mask + R"(,"inpaint_full_res":0)", "request.init.inpaint.only_masked", "false"},
      {mask + R"(,"inpaint_full_res_padding":12)", "request.init.inpaint.padding", "12"},
      {mask + R"(,"inpainting_fill":2)", "request.init.inpaint.content", R"("latent_noise")"},
      {mask + R"(,"inpainting_mask_invert":1)", "request.init.inpaint.inverted", "true"},
      {mask + R"(,"mask_blur":9)", "request.init.inpaint.blur", "9.0"},
      {mask + R"(,"mask_blur_x":6,"mask_blur_y":6)", "request.init.inpaint.blur", "6.0"},
      {mask + R"(,"mask_round":false)", "request.init.inpaint.soft", "true"},
      {R"(,"image_cfg_scale":1.5,"initial_noise_multiplier":1)", "request.hires", "null"},
  };
  for (const Member& each : cases) {
    SdapiBench bench;
    const Answer answer = bench.post("img2img", "{" + picture + each.body + "}");
    ASSERT_EQ(answer.status, 200) << each.body << answer.body;
    EXPECT_EQ(dump_json(at_path(bench.job(), each.path)), each.value) << each.body;
    EXPECT_EQ(header_of(answer, "x-diptych-warnings"), "") << each.body << answer.body;
  }
}

TEST(ImageToImage, KeepsTheMaskInOneChannelAndThePicturesSize) {
  SdapiBench bench;
  const Answer answer = bench.post("img2img", fmt::format(R"({{"init_images":["{}"],"mask":"{}"}})",
                                                          png_text(16, 8), png_text(4, 4, 4)));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json job = bench.job();
  const auto& blobs = bench.api.pictures.blobs.blobs;
  const auto mask = decode_picture(blobs.at(job["mask_blob"].as_string()));
  ASSERT_TRUE(mask);
  EXPECT_EQ(mask->picture.channels, 1);
  EXPECT_EQ(mask->picture.width, 16);
  EXPECT_EQ(mask->picture.height, 8);
  EXPECT_EQ(bench.queue().newest().spec.blobs.size(), 2u);
}

TEST(ImageToImage, RefusesByName) {
  const std::string init = fmt::format(R"("init_images":["{}"])", png_text());
  const Refusal cases[] = {
      {"{}", 422, R"("loc":["body","init_images"])"},
      {R"({"init_images":null})", 422, R"("loc":["body","init_images"])"},
      {R"({"init_images":[]})", 422, R"("loc":["body","init_images"])"},
      {R"({"init_images":["!"]})", 422, R"("loc":["body","init_images",0])"},
      {R"({"init_images":["http://a/b.png"]})", 422, R"("loc":["body","init_images",0])"},
      {"{" + init + R"(,"mask":"!"})", 422, R"("loc":["body","mask"])"},
      {"{" + init + R"(,"resize_mode":3})", 422, R"("loc":["body","resize_mode"])"},
      {"{" + init + R"(,"inpainting_fill":4})", 422, R"("loc":["body","inpainting_fill"])"},
      {"{" + init + R"(,"initial_noise_multiplier":1.1})", 422, "initial_noise_multiplier"},
      {"{" + init + R"(,"mask":")" + png_text() + R"(","mask_blur_x":1,"mask_blur_y":2})", 422,
       R"("loc":["body","mask_blur_y"])"},
  };
  for (const Refusal& each : cases) {
    SdapiBench bench;
    const Answer answer = bench.post("img2img", each.body);
    EXPECT_EQ(answer.status, each.status) << each.body << answer.body;
    EXPECT_NE(answer.body.find(each.where), std::string::npos) << each.body << answer.body;
  }
}

TEST(Drawing, WhatTheModelCannotDrawIsRefusedAtTheDoor) {
  SdapiBench bench;
  bench.api.pictures.catalog.check_error =
      Error{.code = ErrorCode::kInvalidArgument, .message = "too large", .param = "n_iter"};
  const Answer answer = bench.post("txt2img", "{}");
  EXPECT_EQ(answer.status, 422);
  EXPECT_NE(answer.body.find(R"("loc":["body","n_iter"])"), std::string::npos) << answer.body;
}

TEST(Drawing, ASettingOfTheCallerIsWhereItsRequestsStart) {
  SdapiBench bench;
  ASSERT_EQ(bench.post("options", R"({"CLIP_stop_at_last_layers":2,"samples_format":"webp"})", "a")
                .status,
            200);
  ASSERT_EQ(bench.post("txt2img", "{}", "a").status, 200);
  EXPECT_EQ(bench.job()["request"]["clip_skip"].as_int(), 2);
  EXPECT_EQ(bench.job()["file"].as_string(), "webp");
  ASSERT_EQ(bench.post("txt2img", R"({"clip_skip":1})", "a").status, 200);
  EXPECT_EQ(bench.job()["request"]["clip_skip"].as_int(), 1);
  ASSERT_EQ(bench.post("txt2img", "{}", "b").status, 200);
  EXPECT_EQ(bench.job()["request"]["clip_skip"].as_int(), 1);
}

TEST(Drawing, WithoutPicturesItIsRefusedByName) {
  SdapiBench bench;
  bench.api.services.pictures = nullptr;
  const Answer answer = bench.post("txt2img", "{}");
  EXPECT_EQ(answer.status, 501);
  EXPECT_NE(answer.body.find("draws no pictures"), std::string::npos);
}

}  // namespace
}  // namespace diptych::sdapi
