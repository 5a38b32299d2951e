// Options, checkpoints and what is kept of them.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "api/sdapi/checkpoint.h"
#include "api/sdapi/options.h"
#include "api/sdapi/sdapi_bench.h"
#include "base/rng.h"

namespace diptych::sdapi {
namespace {

class Folder {
 public:
  Folder() : path_(std::filesystem::path(::testing::TempDir()) / random_id("sdapi_")) {
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const Path& path() const { return path_; }

 private:
  Path path_;
};

TEST(Options, ShowWhatClientsLookFor) {
  SdapiBench bench;
  const Json options = bench.get_json("options");
  EXPECT_EQ(options["sd_model_checkpoint"].as_string(), "emoji.safetensors [abc]");
  EXPECT_EQ(options["sd_checkpoint_hash"].as_string(), "abc");
  for (const char* name :
       {"sd_vae", "CLIP_stop_at_last_layers", "samples_format", "jpeg_quality",
        "eta_noise_seed_delta", "randn_source", "outdir_samples", "show_progress_every_n_steps",
        "live_previews_enable", "return_grid", "upscaler_for_img2img", "img2img_fix_steps",
        "face_restoration_model", "code_former_weight", "sd_lora"})
    EXPECT_NE(options.find(name), nullptr) << name;
}

TEST(Options, DefaultsAreThoseThatDrawingsUse) {
  OptionValues values, shown;
  Warnings warnings;
  Json defaults = shown_options(Json::object(), nullptr);
  defaults.erase("show_progress_every_n_steps");  // until it is set, previews come by time
  ASSERT_TRUE(apply_options(defaults, "", shown, warnings));
  EXPECT_EQ(shown.clip_skip, values.clip_skip);
  EXPECT_EQ(shown.quality, values.quality);
  EXPECT_EQ(shown.format, values.format);
  EXPECT_EQ(shown.noise, values.noise);
  EXPECT_EQ(shown.emphasis, values.emphasis);
  EXPECT_EQ(shown.prompt_parser, values.prompt_parser);
  EXPECT_EQ(shown.write_infotext, values.write_infotext);
  EXPECT_EQ(shown.return_grid, values.return_grid);
}

TEST(Options, CanBeSentBackAsTheyAre) {
  SdapiBench bench;
  const Answer answer = bench.post("options", bench.get("options").body);
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body, R"({"updated":[],"ignored":[]})");
}

TEST(Options, SayWhatWasTakenAndWhatNot) {
  SdapiBench bench;
  const Answer answer =
      bench.post("options", R"({"CLIP_stop_at_last_layers":2,"nobody":1,"outdir_samples":"/tmp"})");
  EXPECT_EQ(answer.status, 200);
  const Json body = testing::body_of(answer);
  EXPECT_EQ(dump_json(body["updated"]), R"([{"CLIP_stop_at_last_layers":true}])");
  EXPECT_EQ(dump_json(body["ignored"]), R"(["nobody","outdir_samples"])");
  EXPECT_EQ(header_of(answer, "x-diptych-warnings"), "2");
  EXPECT_EQ(bench.get_json("options")["CLIP_stop_at_last_layers"].as_int(), 2);
}

TEST(Options, AreCheckedBeforeAnyIsSet) {
  struct Refusal {
    std::string body;
    int status;
  };
  const Refusal cases[] = {
      {R"({"jpeg_quality":50,"CLIP_stop_at_last_layers":0})", 422},
      {R"({"jpeg_quality":50,"sd_model_checkpoint":"nobody"})", 404},
      {R"({"jpeg_quality":50,"sd_vae":"some.pt"})", 422},
      {R"({"jpeg_quality":50,"img2img_color_correction":true})", 422},
      {R"({"jpeg_quality":50,"randn_source":"GPU"})", 422},
      {R"({"jpeg_quality":50,"upscaler_for_img2img":"ESRGAN"})", 422},
      {R"({"jpeg_quality":50,"samples_format":"gif"})", 422},
  };
  for (const Refusal& each : cases) {
    SdapiBench bench;
    EXPECT_EQ(bench.post("options", each.body).status, each.status) << each.body;
    EXPECT_EQ(bench.get_json("options")["jpeg_quality"].as_int(), 80) << each.body;
  }
}

TEST(Options, TheCheckpointIsSwitchedAndLoaded) {
  SdapiBench bench;
  bench.api.pictures.catalog.entries.push_back(
      {.id = "other", .title = "other.safetensors [def]", .path = "/models/other.safetensors"});
  EXPECT_EQ(bench.post("options", R"({"sd_model_checkpoint":"other"})").status, 200);
  EXPECT_TRUE(bench.api.pictures.catalog.entries[1].resident);
  EXPECT_EQ(bench.get_json("options")["sd_model_checkpoint"].as_string(),
            "other.safetensors [def]");
  ASSERT_EQ(bench.post("txt2img", "{}").status, 200);
  EXPECT_EQ(bench.job()["model"].as_string(), "other");
  EXPECT_EQ(bench.post("unload-checkpoint", "").body, "{}");
  EXPECT_FALSE(bench.api.pictures.catalog.entries[1].resident);
  EXPECT_EQ(bench.post("reload-checkpoint", "").body, "{}");
  EXPECT_TRUE(bench.api.pictures.catalog.entries[1].resident);
  EXPECT_EQ(bench.get_json("checkpoint")["name"].as_string(), "other");
}

TEST(Options, SurviveARestartPerCaller) {
  const Folder folder;
  {
    SdapiBench bench(folder.path());
    ASSERT_EQ(bench.post("options", R"({"jpeg_quality":33})", "a").status, 200);
  }
  SdapiBench bench(folder.path());
  const auto quality = [&](const char* key) {
    return testing::body_of(bench.get("options", key))["jpeg_quality"].as_int();
  };
  EXPECT_EQ(quality("a"), 33);
  EXPECT_EQ(quality("b"), 80);
}

TEST(Options, ThatCannotBeWrittenAreNotSet) {
  SdapiBench bench("/proc/nowhere");
  EXPECT_EQ(bench.post("options", R"({"jpeg_quality":33})").status, 500);
  EXPECT_EQ(bench.get_json("options")["jpeg_quality"].as_int(), 80);
}

TEST(Options, AreDescribedByTheirRows) {
  SdapiBench bench;
  const Json options = bench.get_json("options-info")["options"];
  EXPECT_EQ(options["jpeg_quality"]["component"].as_string(), "Slider");
  EXPECT_EQ(options["jpeg_quality"]["component_args"]["maximum"].as_double(), 100);
  EXPECT_EQ(options["samples_format"]["component"].as_string(), "Dropdown");
  EXPECT_EQ(options.as_object().size(), bench.get_json("options").as_object().size());
}

TEST(Checkpoint, IsFoundByEveryNameThatClientsSend) {
  testing::FakeCatalog catalog;
  const std::string hash(64, 'a');
  catalog.entries = {{.id = "one",
                      .title = "one.safetensors [aaaaaaaaaa]",
                      .path = "/m/one.safetensors",
                      .sha256 = hash},
                     {.id = "only", .title = "only.ckpt", .path = "/m/only.ckpt"}};
  for (const std::string& name : {std::string("one.safetensors [aaaaaaaaaa]"), std::string("one"),
                                  std::string("ONE.safetensors"), hash, hash.substr(0, 10),
                                  std::string("one.s"), std::string("/m/one.safetensors")}) {
    const auto found = find_checkpoint(name, catalog, "p");
    ASSERT_TRUE(found) << name;
    EXPECT_EQ(found->id, "one") << name;
  }
  for (const char* name : {"on", "two", ""}) {
    const auto found = find_checkpoint(name, catalog, "p");
    ASSERT_FALSE(found) << name;
    EXPECT_EQ(found.error().code, ErrorCode::kNotFound);
    EXPECT_EQ(found.error().param, "p");
    EXPECT_NE(found.error().message.find("only.ckpt"), std::string::npos);
  }
}

TEST(Styles, AreReadFromTheTableAndApplied) {
  const Folder folder;
  std::ofstream(folder.path() / "styles.csv")
      << "\xEF\xBB\xBF"
         "name,prompt,negative_prompt\r\n"
         "photo,\"photo of {prompt}, 8k\",\"bad, \"\"worse\"\"\"\r\n"
         ",nameless,\r\n"
         "tail,8k\n";
  SdapiBench bench(folder.path());
  EXPECT_EQ(
      dump_json(bench.get_json("prompt-styles")),
      R"([{"name":"photo","prompt":"photo of {prompt}, 8k","negative_prompt":"bad, \"worse\""},)"
      R"({"name":"tail","prompt":"8k","negative_prompt":""}])");
  ASSERT_EQ(bench.post("txt2img", R"({"prompt":"cat","styles":["photo","tail"]})").status, 200);
  EXPECT_EQ(bench.job()["request"]["prompt"].as_string(), "photo of cat, 8k, 8k");
  EXPECT_EQ(bench.job()["request"]["negative_prompt"].as_string(), "bad, \"worse\"");
}

TEST(Styles, AFileThatIsNoTableHasNone) {
  for (const std::string text : {"", "\n", "\"", "\"a\"b,\"", "a\r\r\n,\n,,", "name"}) {
    const Folder folder;
    std::ofstream(folder.path() / "styles.csv") << text;
    SdapiBench bench(folder.path());
    EXPECT_EQ(bench.get("prompt-styles").body, "[]") << text;
  }
}

}  // namespace
}  // namespace diptych::sdapi
