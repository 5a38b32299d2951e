#include "formats/diffusers_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/config_json.h"
#include "formats/safetensors_writer.h"
#include "formats/sharded.h"
#include "formats/testing/npz.h"
#include "formats/testing/temp_folder.h"

namespace diptych {
namespace {

using ::testing::HasSubstr;

void write(const Path& path, std::string_view text) {
  ASSERT_TRUE(make_directories(path.parent_path()));
  const Status written = write_file_atomically(path, text);
  ASSERT_TRUE(written) << written.error().message;
}

// One tensor of one byte a name.
void write_weights(const Path& path, std::vector<std::string> names) {
  WeightViewBuilder builder;
  for (std::string& name : names)
    builder.add_owned(std::move(name), DType::kU8, Shape{1}, {std::byte{1}});
  ASSERT_TRUE(make_directories(path.parent_path()));
  ASSERT_TRUE(write_safetensors(path, **std::move(builder).finish(), {}));
}

TEST(DiffusersFolder, ListsTheComponentsThatAreThere) {
  const auto index = read_diffusers_index(fixture_folder() / "sdxl/pipeline");
  ASSERT_TRUE(index) << index.error().message;
  EXPECT_EQ(index->class_name, "StableDiffusionXLPipeline");
  ASSERT_NE(index->find("text_encoder_2"), nullptr);
  EXPECT_EQ(index->find("text_encoder_2")->class_name, "CLIPTextModelWithProjection");
  EXPECT_EQ(index->find("feature_extractor"), nullptr);
  EXPECT_TRUE(index->options["force_zeros_for_empty_prompt"].as_bool());
}

TEST(DiffusersFolder, OpensAComponent) {
  const auto vae = open_component(fixture_folder() / "sd1/pipeline/vae");
  ASSERT_TRUE(vae) << vae.error().message;
  EXPECT_EQ(vae->config["latent_channels"].as_int(), 4);
  EXPECT_EQ(vae->weights->index().size(), 176U);
  EXPECT_EQ(vae->files.size(), 1U);
}

TEST(DiffusersFolder, TakesPlainWeightsBeforeVariantsAndVariantsBeforeNothing) {
  const TempFolder folder;
  write(folder.file("config.json"), "{}");
  write(folder.file("pytorch_model.bin"), "");
  EXPECT_THAT(open_component(folder.path()).error().message, HasSubstr("pickled weights"));
  write_weights(folder.file("model.bf16.safetensors"), {"bf16"});
  EXPECT_EQ(open_component(folder.path())->weights->index()[0].name, "bf16");
  write_weights(folder.file("model.fp16.safetensors"), {"fp16"});
  EXPECT_EQ(open_component(folder.path())->weights->index()[0].name, "fp16");
  write_weights(folder.file("model.safetensors"), {"plain"});
  EXPECT_EQ(open_component(folder.path())->weights->index()[0].name, "plain");
}

TEST(DiffusersFolder, JoinsShardsUnderOldAndNewNames) {
  for (const char* name : {"model.safetensors.index.fp16.json", "model.fp16.safetensors.index.json",
                           "diffusion_pytorch_model.safetensors.index.json"}) {
    const TempFolder folder;
    write(folder.file("config.json"), "{}");
    write_weights(folder.file("s1.safetensors"), {"a", "c"});
    write_weights(folder.file("s2.safetensors"), {"b"});
    write(folder.file(name), R"({"metadata":{"total_size":3},
        "weight_map":{"a":"s1.safetensors","b":"s2.safetensors","c":"s1.safetensors"}})");
    const auto opened = open_component(folder.path());
    ASSERT_TRUE(opened) << opened.error().message;
    ASSERT_EQ(opened->weights->index().size(), 3U);
    EXPECT_EQ(opened->weights->index()[1].name, "b");
    EXPECT_EQ(opened->files.size(), 2U);
  }
}

struct BadIndex {
  std::string_view map, message;
};
TEST(Shards, AnIndexThatLiesIsRefused) {
  const TempFolder folder;
  write_weights(folder.file("s1.safetensors"), {"a", "b"});
  write_weights(folder.file("s2.safetensors"), {"b"});
  constexpr BadIndex kBad[] = {
      {R"({"a":"s1.safetensors"})",
       "s1.safetensors holds tensor \"b\", which the index does not list"},
      {R"({"a":"s1.safetensors","b":"s2.safetensors"})",
       "holds tensor \"b\", which the index lists elsewhere"},
      {R"({"a":"s1.safetensors","b":"s1.safetensors","c":"s1.safetensors"})",
       "tensor \"c\" is not in s1.safetensors"},
      {R"({"a":"../s1.safetensors"})", "weight_map \"a\": not the name"},
      {R"({"a":"/etc/passwd"})", "weight_map \"a\": not the name"},
      {R"({"a":7})", "weight_map \"a\": not the name"},
      {R"([])", "no object \"weight_map\""},
  };
  for (const BadIndex& bad : kBad) {
    write(folder.file("i.json"), std::string(R"({"weight_map":)") + std::string(bad.map) + "}");
    const auto opened = open_shards(folder.file("i.json"));
    ASSERT_FALSE(opened) << bad.map;
    EXPECT_THAT(opened.error().message, HasSubstr(bad.message));
  }
}

TEST(DiffusersFolder, AComponentMayNotLeaveTheFolder) {
  EXPECT_THAT(
      parse_diffusers_index(R"({"_class_name":"A","../unet":["diffusers","B"]})").error().message,
      HasSubstr("component \"../unet\" is no name of a folder"));
  EXPECT_THAT(parse_diffusers_index(R"({"_class_name":"A","unet":["diffusers"]})").error().message,
              HasSubstr("component \"unet\" is no pair"));
  EXPECT_THAT(parse_diffusers_index("{}").error().message, HasSubstr("no \"_class_name\""));
}

TEST(DiffusersFolder, FollowsTheMainRevisionOfAHubCache) {
  const TempFolder folder;
  write(folder.file("snapshots/0123abcd/model_index.json"), R"({"_class_name":"A"})");
  EXPECT_EQ(find_diffusers_folder(folder.path()).error().code, ErrorCode::kNotFound);
  write(folder.file("refs/main"), "../snapshots/0123abcd");
  EXPECT_EQ(find_diffusers_folder(folder.path()).error().code, ErrorCode::kNotFound);
  write(folder.file("refs/main"), "0123abcd\n");
  EXPECT_EQ(find_diffusers_folder(folder.path()).value(), folder.file("snapshots/0123abcd"));
}

TEST(ConfigJson, PythonsNumbersBecomeNullOutsideStrings) {
  const auto json =
      parse_config_json(R"({"a": -Infinity, "b": [NaN, Infinity], "c": "NaN \" -Infinity"})");
  ASSERT_TRUE(json) << json.error().message;
  EXPECT_EQ(dump_json(*json), R"({"a":null,"b":[null,null],"c":"NaN \" -Infinity"})");
  EXPECT_FALSE(parse_config_json("[]"));
  EXPECT_FALSE(parse_config_json(R"({"a": "\)"));
}

}  // namespace
}  // namespace diptych
