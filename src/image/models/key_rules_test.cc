#include "image/models/key_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "image/models/clip_text.h"
#include "image/models/derive_config.h"
#include "image/models/detect.h"
#include "image/models/kl_vae.h"
#include "image/models/unet.h"

namespace diptych {
namespace {

using ::testing::IsEmpty;

// Names and shapes without data: full-size models cost nothing.
class NamesOnly final : public WeightSource {
 public:
  explicit NamesOnly(std::vector<WeightInfo> index) : index_(std::move(index)) {
    std::ranges::sort(index_, {}, &WeightInfo::name);
  }
  std::span<const WeightInfo> index() const override { return index_; }
  std::span<const std::byte> bytes(TensorId) const override { return {}; }

 private:
  std::vector<WeightInfo> index_;
};

// configs of the published models; members that have their default are left out
constexpr std::string_view kSd1 = R"({"_class_name":"UNet2DConditionModel","attention_head_dim":8,
  "block_out_channels":[320,640,1280,1280],"cross_attention_dim":768,
  "down_block_types":["CrossAttnDownBlock2D","CrossAttnDownBlock2D","CrossAttnDownBlock2D","DownBlock2D"],
  "in_channels":4,"layers_per_block":2,"out_channels":4,
  "up_block_types":["UpBlock2D","CrossAttnUpBlock2D","CrossAttnUpBlock2D","CrossAttnUpBlock2D"]})";
constexpr std::string_view kSd2 =
    R"({"_class_name":"UNet2DConditionModel","attention_head_dim":[5,10,20,20],
  "block_out_channels":[320,640,1280,1280],"cross_attention_dim":1024,
  "down_block_types":["CrossAttnDownBlock2D","CrossAttnDownBlock2D","CrossAttnDownBlock2D","DownBlock2D"],
  "in_channels":4,"layers_per_block":2,"out_channels":4,"use_linear_projection":true,
  "up_block_types":["UpBlock2D","CrossAttnUpBlock2D","CrossAttnUpBlock2D","CrossAttnUpBlock2D"]})";
constexpr std::string_view kSdxl =
    R"({"_class_name":"UNet2DConditionModel","addition_embed_type":"text_time",
  "addition_time_embed_dim":256,"attention_head_dim":[5,10,20],"block_out_channels":[320,640,1280],
  "cross_attention_dim":2048,"down_block_types":["DownBlock2D","CrossAttnDownBlock2D","CrossAttnDownBlock2D"],
  "in_channels":4,"layers_per_block":2,"out_channels":4,"projection_class_embeddings_input_dim":2816,
  "transformer_layers_per_block":[1,2,10],"use_linear_projection":true,
  "up_block_types":["CrossAttnUpBlock2D","CrossAttnUpBlock2D","UpBlock2D"]})";

struct UnetCase {
  std::string_view family, config;
  std::size_t tensors;
  std::string_view original;  // one name that the layout's numbers decide
  std::string_view diffusers;
};
constexpr UnetCase kUnets[] = {
    {"sd1", kSd1, 686, "output_blocks.2.1.conv.weight", "up_blocks.0.upsamplers.0.conv.weight"},
    {"sd2", kSd2, 686, "output_blocks.5.2.conv.bias", "up_blocks.1.upsamplers.0.conv.bias"},
    {"sdxl", kSdxl, 1680, "output_blocks.2.2.conv.weight", "up_blocks.0.upsamplers.0.conv.weight"},
};

UnetConfig parse_unet(std::string_view text) {
  Warnings warnings;
  const auto config = parse_unet_config(*parse_json(text), warnings);
  EXPECT_TRUE(config) << config.error().message;
  return *config;
}

// Every tensor there and back; the originals, with the shapes of the other side where they differ.
std::vector<WeightInfo> check_both_ways(const KeyMap& map, std::span<const WeightInfo> expected) {
  std::vector<WeightInfo> originals;
  std::set<std::string> seen;
  for (const WeightInfo& info : expected) {
    const auto there = map.to_original(info.name);
    EXPECT_TRUE(there) << info.name;
    if (!there) continue;
    const auto back = map.to_diffusers(there->name);
    EXPECT_THAT(back, testing::Contains(MappedKey{info.name, there->change})) << there->name;
    EXPECT_EQ(
        back.size(),
        there->change >= KeyChange::kFirstThird && there->change <= KeyChange::kLastThird ? 3U : 1U)
        << there->name;
    if (seen.insert(there->name).second) {
      originals.push_back(info);
      originals.back().name = there->name;
    }
  }
  return originals;
}

class UnetRules : public testing::TestWithParam<UnetCase> {};
INSTANTIATE_TEST_SUITE_P(Families, UnetRules, testing::ValuesIn(kUnets),
                         [](const auto& test) { return std::string(test.param.family); });

TEST_P(UnetRules, MapEveryTensorOfTheFullModelThereAndBack) {
  const NamesOnly diffusers(expected_weights(parse_unet(GetParam().config)));
  EXPECT_EQ(diffusers.index().size(), GetParam().tensors);
  const KeyMap map(unet_key_rules(diffusers_unet_layout(TensorNames(diffusers))));
  const NamesOnly original(check_both_ways(map, diffusers.index()));
  EXPECT_EQ(original.index().size(), GetParam().tensors);  // no two became one
  EXPECT_TRUE(original.find(GetParam().original));
  EXPECT_EQ(map.to_diffusers(GetParam().original)[0].name, GetParam().diffusers);

  // The layout that the original names show gives the same rules.
  const KeyMap from_original(unet_key_rules(original_unet_layout(TensorNames(original))));
  for (const WeightInfo& info : original.index()) {
    EXPECT_EQ(from_original.to_diffusers(info.name), map.to_diffusers(info.name));
  }
}

TEST_P(UnetRules, ShapesGiveTheConfigBack) {
  const NamesOnly weights(expected_weights(parse_unet(GetParam().config)));
  const auto family = detect_unet(weights);
  ASSERT_TRUE(family) << family.error().message;
  EXPECT_EQ((*family)->name, GetParam().family);
  Json derived = derive_unet_config(weights, **family);
  set_time_id_channels(derived, 1280);
  const Json stated = *parse_json(GetParam().config);
  for (const auto& [name, value] : stated.as_object()) EXPECT_EQ(derived[name], value) << name;
  const auto again = expected_weights(parse_unet(dump_json(derived)));
  EXPECT_EQ(again.size(), GetParam().tensors);
}

TEST(VaeRules, MapEveryTensorOfTheFullModelThereAndBack) {
  const Json config =
      *parse_json(R"({"_class_name":"AutoencoderKL","block_out_channels":[128,256,512,512],
    "down_block_types":["DownEncoderBlock2D","DownEncoderBlock2D","DownEncoderBlock2D","DownEncoderBlock2D"],
    "latent_channels":4,"layers_per_block":2,"in_channels":3,"out_channels":3,
    "up_block_types":["UpDecoderBlock2D","UpDecoderBlock2D","UpDecoderBlock2D","UpDecoderBlock2D"]})");
  Warnings warnings;
  const auto parsed = parse_kl_vae_config(config, warnings);
  ASSERT_TRUE(parsed) << parsed.error().message;
  auto tensors = expected_encoder_weights(*parsed);
  std::ranges::move(expected_decoder_weights(*parsed), std::back_inserter(tensors));
  const NamesOnly diffusers(std::move(tensors));
  EXPECT_EQ(diffusers.index().size(), 248U);
  const KeyMap map(vae_key_rules(diffusers_vae_layout(TensorNames(diffusers))));
  const NamesOnly original(check_both_ways(map, diffusers.index()));
  EXPECT_EQ(original.index().size(), 248U);
  EXPECT_TRUE(original.find("decoder.up.0.block.0.nin_shortcut.weight"));
  EXPECT_TRUE(original.find("encoder.mid.attn_1.proj_out.weight"));
  EXPECT_EQ(map.to_diffusers("decoder.up.3.block.0.conv1.weight")[0].name,
            "decoder.up_blocks.0.resnets.0.conv1.weight");
  const Json derived = derive_vae_config(diffusers, 0.18215);
  for (const auto& [name, value] : config.as_object()) EXPECT_EQ(derived[name], value) << name;
}

TEST(ClipRules, MapEveryTensorOfBigGThereAndBack) {
  const Json config =
      *parse_json(R"({"architectures":["CLIPTextModelWithProjection"],"hidden_act":"gelu",
    "hidden_size":1280,"intermediate_size":5120,"max_position_embeddings":77,"model_type":"clip_text_model",
    "num_attention_heads":20,"num_hidden_layers":32,"projection_dim":1280,"vocab_size":49408})");
  Warnings warnings;
  const auto parsed = parse_clip_text_config(config, warnings);
  ASSERT_TRUE(parsed) << parsed.error().message;
  const NamesOnly diffusers(expected_weights(*parsed));
  const KeyMap map(open_clip_key_rules(32));
  const auto originals = check_both_ways(map, diffusers.index());
  EXPECT_EQ(originals.size(), diffusers.index().size() - 32U * 4);  // six tensors became two
  const Json derived = derive_clip_config(diffusers, ClipKind::kOpenClip);
  for (const auto& [name, value] : config.as_object()) EXPECT_EQ(derived[name], value) << name;
}

TEST(ClipRules, AddTheLevelThatSomeFilesLack) {
  const KeyMap map(clip_key_rules(""));
  EXPECT_EQ(map.to_diffusers("encoder.layers.3.mlp.fc1.bias")[0].name,
            "text_model.encoder.layers.3.mlp.fc1.bias");
  EXPECT_EQ(map.to_diffusers("text_projection.weight")[0].name, "text_projection.weight");
  EXPECT_THAT(map.to_diffusers("embeddings.position_ids"), IsEmpty());
}

}  // namespace
}  // namespace diptych
