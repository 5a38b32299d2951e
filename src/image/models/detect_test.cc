#include "image/models/detect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace diptych {
namespace {

using ::testing::HasSubstr;

class NamesOnly final : public WeightSource {
 public:
  explicit NamesOnly(std::vector<std::pair<std::string, Shape>> tensors) {
    for (auto& [name, shape] : tensors) index_.push_back({std::move(name), DType::kF16, shape, 0});
    std::ranges::sort(index_, {}, &WeightInfo::name);
  }
  std::span<const WeightInfo> index() const override { return index_; }
  std::span<const std::byte> bytes(TensorId) const override { return {}; }

 private:
  std::vector<WeightInfo> index_;
};

using Tensors = std::vector<std::pair<std::string, Shape>>;

// What tells the families apart, in the original naming.
Tensors unet(const std::string& prefix, std::int64_t in_channels, std::int64_t context,
             bool linear) {
  return {{prefix + "input_blocks.0.0.weight", Shape{320, in_channels, 3, 3}},
          {prefix + "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight", Shape{320, context}},
          {prefix + "input_blocks.1.1.proj_in.weight",
           linear ? Shape{320, 320} : Shape{320, 320, 1, 1}}};
}
Tensors with(Tensors tensors, const Tensors& more) {
  tensors.insert(tensors.end(), more.begin(), more.end());
  return tensors;
}
Tensors labelled(std::int64_t in_channels, std::int64_t context, std::int64_t label) {
  return with(unet("", in_channels, context, true), {{"label_emb.0.0.weight", Shape{1280, label}}});
}

struct Known {
  std::string_view family;
  Tensors tensors;
};
TEST(Detect, TellsFamiliesByNamesAndShapes) {
  const Known kKnown[] = {
      {"sd1", unet("model.diffusion_model.", 4, 768, false)},
      {"sd1", unet("", 4, 768, false)},
      {"sd1", unet("diffusion_model.", 4, 768, false)},
      {"sd2", unet("model.diffusion_model.", 4, 1024, true)},
      {"sdxl", labelled(4, 2048, 2816)},
      {"sd1-inpaint", unet("", 9, 768, false)},
      {"sd2-inpaint", unet("", 9, 1024, true)},
      {"sdxl-inpaint", labelled(9, 2048, 2816)},
  };
  for (const auto& [family, tensors] : kKnown) {
    const auto found = detect(NamesOnly(tensors));
    ASSERT_TRUE(found) << family << ": " << found.error().message;
    EXPECT_EQ(found->family->name, family);
  }
}

struct Refused {
  std::string_view message;
  Tensors tensors;
};
TEST(Detect, RefusesEverythingElseByName) {
  const Shape one{1};
  const Refused kRefused[] = {
      {"instruction editing model (8 input channels)", unet("", 8, 768, false)},
      {"depth-to-image", unet("", 5, 1024, true)},
      {"upscaler", unet("", 7, 1024, true)},
      {"a UNet of 12 input channels with a context of 768", unet("", 12, 768, false)},
      {"Stable Diffusion XL refiner", labelled(4, 1280, 2560)},
      {"Stable unCLIP", labelled(4, 1024, 2048)},
      {"a LoRA", {{"lora_unet_down_blocks_0.lora_down.weight", one}}},
      {"a LoRA", {{"unet.down_blocks.0.to_q.lora_A.weight", one}}},
      {"a LoKr", {{"lycoris_x.lokr_w1", one}}},
      {"a ControlNet", {{"control_model.time_embed.0.weight", one}}},
      {"a ControlNet",
       {{"controlnet_cond_embedding.conv_in.weight", one}, {"conv_in.weight", one}}},
      {"an IP-Adapter", {{"image_proj.proj.weight", one}}},
      {"a textual inversion", {{"emb_params", Shape{1, 768}}}},
      {"FLUX.1", {{"model.diffusion_model.double_blocks.0.img_attn.norm.key_norm.scale", one}}},
      {"FLUX.1", {{"double_blocks.0.img_attn.norm.key_norm.scale", one}}},
      {"Stable Diffusion 3",
       {{"model.diffusion_model.joint_blocks.0.context_block.adaLN_modulation.1.bias", one}}},
      {"Wan", {{"head.modulation", one}}},
      {"no known picture model (2 tensors: a, b, …)", {{"a", one}, {"b", one}}},
      {"no known picture model",
       {{"model.diffusion_model.new.weight", one},
        {"first_stage_model.decoder.conv_in.weight", one}}},
      {"an empty file", {}},
  };
  for (const auto& [message, tensors] : kRefused) {
    const auto found = detect(NamesOnly(tensors));
    ASSERT_FALSE(found) << message;
    EXPECT_EQ(found.error().code, ErrorCode::kUnsupported);
    EXPECT_THAT(found.error().message, HasSubstr(message));
  }
}

TEST(Detect, ReadsWhatTheModelPredicts) {
  const Tensors sd2 = unet("model.diffusion_model.", 4, 1024, true);
  const Tensors xl = labelled(4, 2048, 2816);
  EXPECT_EQ(detect(NamesOnly(sd2))->prediction, std::nullopt);  // 2.1-768 and 2.1-base look alike
  EXPECT_EQ(detect(NamesOnly(xl))->prediction, Prediction::kEpsilon);
  EXPECT_EQ(detect(NamesOnly(with(xl, {{"v_pred", Shape{0}}})))->prediction, Prediction::kV);
  EXPECT_FALSE(detect(NamesOnly(xl))->zero_terminal_snr);
  EXPECT_TRUE(detect(NamesOnly(with(xl, {{"ztsnr", Shape{0}}})))->zero_terminal_snr);
  const auto stated = [&](const char* key, const char* value) {
    return detect(NamesOnly(sd2), {{key, value}})->prediction;
  };
  EXPECT_EQ(stated("modelspec.prediction_type", "v"), Prediction::kV);
  EXPECT_EQ(stated("modelspec.prediction_type", "epsilon"), Prediction::kEpsilon);
  EXPECT_EQ(stated("modelspec.architecture", "stable-diffusion-v2-768-v"), Prediction::kV);
  EXPECT_EQ(stated("modelspec.architecture", "stable-diffusion-v2-512"), Prediction::kEpsilon);
}

TEST(Detect, FindsTheOtherPartsByTheirPrefixes) {
  const Shape one{1};
  const auto found = detect(NamesOnly(
      with(labelled(4, 2048, 2816),
           {{"first_stage_model.decoder.conv_in.weight", one},
            {"conditioner.embedders.0.transformer.text_model.encoder.layers.0.mlp.fc1.bias", one},
            {"conditioner.embedders.1.model.transformer.resblocks.0.ln_1.bias", one}})));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->unet, "");
  EXPECT_EQ(found->vae, "first_stage_model.");
  EXPECT_EQ(found->clip, "conditioner.embedders.0.transformer.");
  EXPECT_EQ(found->open_clip, "conditioner.embedders.1.model.");
  const auto vae = detect(NamesOnly({{"decoder.conv_in.weight", one}}));
  ASSERT_TRUE(vae);
  EXPECT_EQ(vae->family, nullptr);
  EXPECT_EQ(vae->vae, "");
}

}  // namespace
}  // namespace diptych
