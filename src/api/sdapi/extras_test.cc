// Upscaling, texts of files, listings, and what is not there.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <set>

#include "api/sdapi/absent.h"
#include "api/sdapi/routes.h"
#include "api/sdapi/sdapi_bench.h"

namespace diptych::sdapi {
namespace {

Picture picture_of(const Json& text) {
  const auto decoded = decode_picture(*base64_decode(text.as_string()));
  return decoded ? decoded->picture : Picture();
}

struct Sized {
  std::string fields;
  int width, height;
};

TEST(Extras, MakeAPictureLarger) {
  const Sized cases[] = {
      {"", 8, 6},  // upscaler None
      {R"(,"upscaler_1":"Lanczos")", 16, 12},
      {R"(,"upscaler_1":"Nearest","upscaling_resize":1.5)", 12, 9},
      {R"(,"upscaler_1":"Lanczos","resize_mode":1,"upscaling_resize_w":20,"upscaling_resize_h":20)",
       20, 20},
      {R"(,"upscaler_1":"Lanczos","resize_mode":1,"upscaling_resize_w":16,"upscaling_resize_h":16,)"
       R"("upscaling_crop":false)",
       21, 16},
      {R"(,"upscaler_1":"Lanczos","upscaler_2":"Nearest","extras_upscaler_2_visibility":0.5)", 16,
       12},
  };
  for (const Sized& each : cases) {
    SdapiBench bench;
    const Answer answer = bench.post(
        "extra-single-image", fmt::format(R"({{"image":"{}"{}}})", png_text(8, 6), each.fields));
    ASSERT_EQ(answer.status, 200) << each.fields << answer.body;
    const Picture made = picture_of(testing::body_of(answer)["image"]);
    EXPECT_EQ(made.width, each.width) << each.fields;
    EXPECT_EQ(made.height, each.height) << each.fields;
  }
}

TEST(Extras, MixTwoUpscalersByTheShare) {
  SdapiBench bench;
  Picture dots(2, 1, 1);
  dots.pixels = {0, 255};
  const std::string file = base64_encode(encode_picture(dots, {})->bytes);
  const auto made = [&](std::string_view fields) {
    return picture_of(bench.post_json("extra-single-image",
                                      fmt::format(R"({{"image":"{}"{}}})", file, fields))["image"]);
  };
  const Picture lanczos = made(R"(,"upscaler_1":"Lanczos")");
  const Picture nearest = made(R"(,"upscaler_1":"Nearest")");
  const Picture half =
      made(R"(,"upscaler_1":"Lanczos","upscaler_2":"Nearest","extras_upscaler_2_visibility":0.5)");
  ASSERT_NE(lanczos, nearest);
  for (std::size_t i = 0; i < half.pixels.size(); ++i)
    EXPECT_NEAR(half.pixels[i], (lanczos.pixels[i] + nearest.pixels[i]) / 2.0, 0.5);
}

TEST(Extras, KeepTheTextsAndAddTheirOwn) {
  SdapiBench bench;
  const std::string file = base64_encode(
      encode_picture(Picture(8, 8, 3), {.texts = {{"parameters", "a cat\nSteps: 3"}}})->bytes);
  const Json body = bench.post_json(
      "extra-single-image", fmt::format(R"({{"image":"{}","upscaler_1":"Lanczos"}})", file));
  const auto decoded = decode_picture(*base64_decode(body["image"].as_string()));
  EXPECT_EQ(*find_text(decoded->texts, "parameters"), "a cat\nSteps: 3");
  EXPECT_EQ(*find_text(decoded->texts, "postprocessing"),
            "Postprocess upscale by: 2, Postprocess upscaler: Lanczos");
  EXPECT_NE(body["html_info"].as_string().find("Lanczos"), std::string::npos);
}

TEST(Extras, TakeSeveralPicturesInOrder) {
  SdapiBench bench;
  const Json body = bench.post_json(
      "extra-batch-images",
      fmt::format(
          R"({{"upscaler_1":"Nearest","imageList":[{{"data":"{}","name":"a"}},{{"data":"{}","name":"b"}}]}})",
          png_text(3, 3), png_text(5, 5)));
  ASSERT_EQ(body["images"].as_array().size(), 2u);
  EXPECT_EQ(picture_of(body["images"][0]).width, 6);
  EXPECT_EQ(picture_of(body["images"][1]).width, 10);
}

TEST(Extras, RefuseByName) {
  const std::string image = fmt::format(R"("image":"{}")", png_text());
  struct Refusal {
    std::string body;
    int status;
    std::string where;
  };
  const Refusal cases[] = {
      {"{}", 422, R"("loc":["body","image"])"},
      {R"({"image":"!"})", 422, R"("loc":["body","image"])"},
      {"{" + image + R"(,"upscaler_1":"ESRGAN_4x"})", 404, "Lanczos"},
      {"{" + image + R"(,"upscaler_2":"ESRGAN_4x"})", 404, "ESRGAN_4x"},
      {"{" + image + R"(,"gfpgan_visibility":0.5})", 422, "gfpgan_visibility"},
      {"{" + image + R"(,"codeformer_visibility":1})", 422, "codeformer_visibility"},
      {"{" + image + R"(,"upscaling_resize":0})", 422, "upscaling_resize"},
      {"{" + image + R"(,"resize_mode":2})", 422, "resize_mode"},
      {"{" + image +
           R"(,"upscaler_1":"Lanczos","resize_mode":1,"upscaling_resize_w":16384,)"
           R"("upscaling_resize_h":16384})",
       422, "upscaling_resize_w"},
  };
  for (const Refusal& each : cases) {
    SdapiBench bench;
    const Answer answer = bench.post("extra-single-image", each.body);
    EXPECT_EQ(answer.status, each.status) << each.body << answer.body;
    EXPECT_NE(answer.body.find(each.where), std::string::npos) << each.body << answer.body;
  }
  SdapiBench bench;
  const Answer answer = bench.post("extra-batch-images", R"({"imageList":[{"data":"!"}]})");
  EXPECT_NE(answer.body.find(R"("loc":["body","imageList",0,"data"])"), std::string::npos)
      << answer.body;
}

TEST(PngInfo, ReadsParametersAsA1111Does) {
  SdapiBench bench;
  const std::string text =
      "a cat, (sitting:1.2)\nNegative prompt: dog\nSteps: 20, Sampler: Euler a, CFG scale: 7, "
      "Seed: 42, Size: "
      "512x768, Hires prompt: \"a, b\"";
  const std::string file = base64_encode(
      encode_picture(Picture(8, 8, 3), {.texts = {{"parameters", text}, {"Software", "x"}}})
          ->bytes);
  const Json body = bench.post_json("png-info", fmt::format(R"({{"image":"{}"}})", file));
  EXPECT_EQ(body["info"].as_string(), text);
  EXPECT_EQ(body["items"]["parameters"].as_string(), text);
  EXPECT_EQ(body["items"]["Software"].as_string(), "x");
  const Json& parameters = body["parameters"];
  EXPECT_EQ(parameters["Prompt"].as_string(), "a cat, (sitting:1.2)");
  EXPECT_EQ(parameters["Negative prompt"].as_string(), "dog");
  EXPECT_EQ(parameters["Steps"].as_string(), "20");
  EXPECT_EQ(parameters["Size-1"].as_string(), "512");
  EXPECT_EQ(parameters["Size-2"].as_string(), "768");
  EXPECT_EQ(parameters["Hires prompt"].as_string(), "a, b");
  EXPECT_EQ(parameters["Clip skip"].as_string(), "1");  // a default of the reader's
  EXPECT_EQ(parameters.find("Size"), nullptr);
}

TEST(PngInfo, OfAPictureWithoutTextsIsEmpty) {
  SdapiBench bench;
  const Json body = bench.post_json("png-info", fmt::format(R"({{"image":"{}"}})", png_text()));
  EXPECT_EQ(body["info"].as_string(), "");
  EXPECT_EQ(dump_json(body["items"]), "{}");
  EXPECT_TRUE(body["parameters"].is_object());
  EXPECT_EQ(bench.post("png-info", R"({"image":"!"})").status, 422);
}

const Json* named(const Json& list, std::string_view name) {
  for (const Json& each : list.as_array())
    if (each["name"].as_string() == name) return &each;
  return nullptr;
}

TEST(Listings, ComeFromTheRegistries) {
  SdapiBench bench;
  const Json samplers = bench.get_json("samplers");
  ASSERT_NE(named(samplers, "DPM++ 2M"), nullptr);
  EXPECT_EQ((*named(samplers, "DPM++ 2M"))["options"]["scheduler"].as_string(), "karras");
  EXPECT_EQ((*named(samplers, "Euler a"))["aliases"][0].as_string(), "k_euler_a");
  const Json schedulers = bench.get_json("schedulers");
  for (const char* name :
       {"automatic", "uniform", "karras", "exponential", "polyexponential", "sgm_uniform",
        "kl_optimal", "align_your_steps", "simple", "ddim", "beta"})
    EXPECT_NE(named(schedulers, name), nullptr) << name;
  EXPECT_EQ((*named(schedulers, "sgm_uniform"))["label"].as_string(), "SGM Uniform");
  EXPECT_NE(named(bench.get_json("upscalers"), "Lanczos"), nullptr);
  EXPECT_NE(named(bench.get_json("upscalers"), "None"), nullptr);
  EXPECT_NE(named(bench.get_json("latent-upscale-modes"), "Latent (nearest-exact)"), nullptr);
  EXPECT_EQ(dump_json(bench.get_json("embeddings")), R"({"loaded":{},"skipped":{}})");
  EXPECT_EQ(dump_json(bench.get_json("scripts")), R"({"txt2img":[],"img2img":[]})");
  const Json model = bench.get_json("sd-models")[0];
  EXPECT_EQ(model["title"].as_string(), "emoji.safetensors [abc]");
  EXPECT_EQ(model["model_name"].as_string(), "emoji");
  EXPECT_EQ(model["filename"].as_string(), "/models/emoji.safetensors");
}

// Every sampler and schedule that is listed can be sent back.
TEST(Listings, NamesCanBeSentBack) {
  SdapiBench bench;
  const Json samplers = bench.get_json("samplers"), schedulers = bench.get_json("schedulers");
  for (const Json& each : samplers.as_array())
    EXPECT_EQ(
        bench.post("txt2img", fmt::format(R"({{"sampler_name":{}}})", dump_json(each["name"])))
            .status,
        200)
        << dump_json(each);
  for (const Json& each : schedulers.as_array())
    for (const char* key : {"name", "label"})
      EXPECT_EQ(
          bench.post("txt2img", fmt::format(R"({{"scheduler":{}}})", dump_json(each[key]))).status,
          200)
          << dump_json(each);
}

TEST(Routes, AnswerJsonAndNoEmptyBody) {
  for (const Route& route : sdapi_routes()) {
    if (route.method != "GET") continue;
    SdapiBench bench;
    const Answer answer = bench.get(std::string(route.path));
    EXPECT_TRUE(parse_json(answer.body)) << route.path << answer.body;
    EXPECT_TRUE(answer.status == 200 || answer.status == 501) << route.path << answer.status;
  }
}

TEST(Routes, AreAllDifferent) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const Route& route : all_routes())
    EXPECT_TRUE(seen.insert({route.method, route.path}).second) << route.path;
}

TEST(Routes, WhatIsNotHereIsRefusedByName) {
  for (const Route& route : absent_routes()) {
    SdapiBench bench;
    const Answer answer = bench.api.send(
        Call{.method = std::string(route.method), .path = std::string(route.path), .body = "{}"});
    EXPECT_EQ(answer.status, 501) << route.path;
    const Json body = testing::body_of(answer);
    EXPECT_EQ(body["error"].as_string(), "NotSupported");
    EXPECT_NE(body["detail"].as_string().find(route.path), std::string::npos);
  }
}

TEST(Machine, TellsMemoryAndVersion) {
  SdapiBench bench;
  const Json memory = bench.get_json("memory");
  EXPECT_GT(memory["ram"]["total"].as_double(), memory["ram"]["used"].as_double());
  EXPECT_GT(memory["ram"]["used"].as_double(), 0);
  EXPECT_EQ(bench.get_json("version")["app"].as_string(), "diptych");
  EXPECT_EQ(bench.get("/internal/ping").body, "{}");
}

}  // namespace
}  // namespace diptych::sdapi
