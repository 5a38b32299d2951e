#include "image/models/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "formats/safetensors_writer.h"
#include "formats/testing/npz.h"
#include "formats/testing/temp_folder.h"
#include "formats/weight_file.h"
#include "image/models/key_map.h"
#include "image/models/testing/checkpoint_checks.h"

namespace diptych {
namespace {

using ::testing::HasSubstr;

class BothLayouts : public testing::TestWithParam<const char*> {
 protected:
  Path folder() const { return fixture_folder() / GetParam() / "pipeline"; }
  Path file() const { return fixture_folder() / GetParam() / "single_file.safetensors"; }
};
INSTANTIATE_TEST_SUITE_P(Families, BothLayouts, testing::Values("sd1", "sdxl"));

TEST_P(BothLayouts, GiveTheSameTensorsInNameShapeAndBytes) {
  const auto from_folder = open_checkpoint(folder());
  const auto from_file = open_checkpoint(file());
  ASSERT_TRUE(from_folder) << from_folder.error().message;
  ASSERT_TRUE(from_file) << from_file.error().message;
  for (const auto part : kParts) {
    const ModelPart& a = (*from_folder).*part;
    const ModelPart& b = (*from_file).*part;
    ASSERT_EQ(static_cast<bool>(a), static_cast<bool>(b));
    if (a) expect_equal(*a.weights, *b.weights);
  }
  EXPECT_EQ(from_file->family, GetParam());
  EXPECT_EQ(from_folder->family, GetParam());
  EXPECT_TRUE(from_file->warnings.empty()) << from_file->warnings[0].message;
}

// Members of `derived` that the folder's own config states otherwise.
std::vector<std::string> differences(const Json& derived, const Json& stated) {
  std::vector<std::string> names;
  for (const auto& [name, value] : derived.as_object()) {
    const Json& other = stated[name];
    const bool list = !value.is_array() && other.is_array();  // one for all, or a list of equals
    const bool same = list ? std::ranges::all_of(other.as_array(),
                                                 [&](const Json& item) { return item == value; })
                           : other == value;
    if (!same) names.push_back(name);
  }
  return names;
}

TEST_P(BothLayouts, GiveTheSameConfigsWhereShapesTell) {
  const auto from_folder = open_checkpoint(folder());
  const auto from_file = open_checkpoint(file());
  ASSERT_TRUE(from_folder && from_file);
  using testing::UnorderedElementsAre;
  const auto of = [&](ModelPart Checkpoint::* part) {
    return differences(((*from_file).*part).config, ((*from_folder).*part).config);
  };
  const bool xl = GetParam() == std::string("sdxl");
  // Tiny encoders have heads of 8 channels, real ones of 64; the depth of a level without attention
  // means nothing.
  EXPECT_THAT(of(&Checkpoint::text_encoder), UnorderedElementsAre("num_attention_heads"));
  if (xl) {
    EXPECT_THAT(of(&Checkpoint::text_encoder_2), UnorderedElementsAre("num_attention_heads"));
  }
  EXPECT_THAT(of(&Checkpoint::unet), UnorderedElementsAre());
  EXPECT_THAT(of(&Checkpoint::vae), UnorderedElementsAre());
  EXPECT_EQ(from_file->prediction, Prediction::kEpsilon);
  EXPECT_EQ(from_file->scheduler["beta_schedule"], from_folder->scheduler["beta_schedule"]);
}

TEST(Checkpoint, AFolderSaysWhatItsModelPredicts) {
  const auto v = open_checkpoint(fixture_folder() / "sd2_v/pipeline");
  ASSERT_TRUE(v) << v.error().message;
  EXPECT_EQ(v->family, "sd2");
  EXPECT_EQ(v->prediction, Prediction::kV);
  EXPECT_TRUE(v->tokenizer);
  const auto inpaint = open_checkpoint(fixture_folder() / "inpaint/pipeline");
  ASSERT_TRUE(inpaint) << inpaint.error().message;
  EXPECT_EQ(inpaint->family, "sd1-inpaint");
  EXPECT_EQ(inpaint->prediction, Prediction::kEpsilon);
}

// The tensors of a file that `keep` accepts, in a file of their own.
template <class Keep>
void write_some(const Path& from, const Path& to, Keep keep, SafetensorsMetadata metadata = {}) {
  const auto file = open_weight_file(from);
  ASSERT_TRUE(file);
  WeightViewBuilder some;
  for (std::uint32_t i = 0; i < file->weights->index().size(); ++i) {
    const std::string& name = file->weights->index()[i].name;
    if (const std::string kept = keep(name); !kept.empty()) some.add(kept, {file->weights, {i}});
  }
  const Status written =
      write_safetensors(to, **std::move(some).finish(), {.metadata = std::move(metadata)});
  ASSERT_TRUE(written) << written.error().message;
}

TEST(Checkpoint, AUnetAloneTakesTheOtherPartsOfASecondModel) {
  const TempFolder folder;
  const Path whole = fixture_folder() / "sd1/single_file.safetensors";
  const std::string prefix = "model.diffusion_model.";
  write_some(whole, folder.file("unet"), [&](const std::string& name) {
    return name.starts_with(prefix) ? name.substr(prefix.size()) : std::string();
  });
  EXPECT_THAT(open_checkpoint(folder.file("unet")).error().message,
              HasSubstr("holds unet but no vae, text_encoder; name a second model"));
  const auto joined = open_checkpoint(folder.file("unet"), fixture_folder() / "sd1/pipeline");
  ASSERT_TRUE(joined) << joined.error().message;
  EXPECT_TRUE(joined->tokenizer);
  EXPECT_EQ(joined->files[0], folder.file("unet"));
  const auto reference = open_checkpoint(fixture_folder() / "sd1/pipeline");
  expect_equal(*joined->unet.weights, *reference->unet.weights);
}

TEST(Checkpoint, SaysWhichTensorsNothingUses) {
  const TempFolder folder;
  write_some(fixture_folder() / "sd1/single_file.safetensors", folder.file("a"),
             [](const std::string& name) {
               if (name.ends_with("post_quant_conv.bias")) return std::string("stray.bias");
               if (name.ends_with("post_quant_conv.weight")) return std::string("betas");
               return name;
             });
  const auto opened = open_checkpoint(folder.file("a"));
  ASSERT_TRUE(opened) << opened.error().message;
  ASSERT_EQ(opened->warnings.size(), 1U);
  EXPECT_EQ(opened->warnings[0].message, "1 tensors are not used: stray.bias");
}

TEST(OpenVae, TakesItFromAnyLayout) {
  const auto reference = open_vae(fixture_folder() / "sd1/pipeline/vae");
  ASSERT_TRUE(reference) << reference.error().message;
  const TempFolder folder;
  const std::string prefix = "first_stage_model.";
  write_some(fixture_folder() / "sd1/single_file.safetensors", folder.file("vae"),
             [&](const std::string& name) {
               return name.starts_with(prefix) ? name.substr(prefix.size()) : std::string();
             });
  for (const Path& path :
       {folder.file("vae"), fixture_folder() / "sd1/pipeline",
        fixture_folder() / "sd1/single_file.safetensors",
        fixture_folder() / "sd1/pipeline/vae/diffusion_pytorch_model.safetensors"}) {
    const auto vae = open_vae(path);
    ASSERT_TRUE(vae) << vae.error().message;
    expect_equal(*vae->weights, *reference->weights);
  }
  EXPECT_THAT(
      open_vae(fixture_folder() / "sd1/pipeline/text_encoder/model.safetensors").error().message,
      HasSubstr("there is no VAE in it"));
}

TEST(OpenVae, UnderstandsTheAttentionNamesOfEarlyFolders) {
  const TempFolder folder;
  const Path from = fixture_folder() / "sd1/pipeline/vae";
  std::filesystem::copy_file(from / "config.json", folder.file("config.json"));
  write_some(
      from / "diffusion_pytorch_model.safetensors",
      folder.file("diffusion_pytorch_model.safetensors"), [](std::string name) {
        constexpr std::pair<std::string_view, std::string_view> kEarly[] = {
            {"to_q", "query"}, {"to_k", "key"}, {"to_v", "value"}, {"to_out.0", "proj_attn"}};
        for (const auto& [today, early] : kEarly) {
          const std::size_t at = name.find(today);
          if (at != std::string::npos) name.replace(at, today.size(), early);
        }
        return name;
      });
  const auto vae = open_vae(folder.path());
  ASSERT_TRUE(vae) << vae.error().message;
  expect_equal(*vae->weights, *open_vae(from)->weights);
}

TEST(Checkpoint, ItsHashIsThatOfTheUnetsFile) {
  const auto checkpoint = open_checkpoint(fixture_folder() / "sd1/single_file.safetensors");
  ASSERT_TRUE(checkpoint);
  const auto whole = sha256_of_file(fixture_folder() / "sd1/single_file.safetensors");
  EXPECT_EQ(model_hash(*checkpoint).value(), whole->substr(0, 10));
}

TEST(Checkpoint, OpensTheDefaultModel) {
  const Path path = Path(DIPTYCH_TEST_DATA).parent_path().parent_path() / "models/diptych-emoji";
  const auto checkpoint = open_checkpoint(path);
  ASSERT_TRUE(checkpoint) << checkpoint.error().message;
  EXPECT_EQ(checkpoint->family, "sd1");
  EXPECT_EQ(checkpoint->prediction, Prediction::kV);
}

}  // namespace
}  // namespace diptych
