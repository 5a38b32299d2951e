#include "image/models/unet_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace diptych {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Json parsed(std::string_view text) {
  auto json = parse_json(text);
  EXPECT_TRUE(json) << text;
  return json ? *json : Json();
}

Json three_levels() {
  return parsed(R"({
    "_class_name": "UNet2DConditionModel", "block_out_channels": [32, 64, 96],
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
    "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D", "CrossAttnUpBlock2D"],
    "cross_attention_dim": 48})");
}

Json with(std::string_view field, std::string_view value) {
  Json config = three_levels();
  config.set(field, parsed(value));
  return config;
}

UnetConfig expect_parsed(const Json& config) {
  Warnings warnings;
  auto unet = parse_unet_config(config, warnings);
  EXPECT_TRUE(unet) << unet.error().message;
  EXPECT_THAT(warnings, IsEmpty());
  return unet ? *unet : UnetConfig{};
}

TEST(UnetConfig, BlocksOnTheWayUpAreListedFromTheCoarsest) {
  const auto levels = expect_parsed(three_levels()).levels;
  ASSERT_THAT(levels, SizeIs(3));
  EXPECT_THAT(levels[0].depths_down, IsEmpty());
  EXPECT_THAT(levels[0].depths_up, ElementsAre(1, 1, 1));
  EXPECT_THAT(levels[1].depths_down, ElementsAre(1, 1));
  EXPECT_THAT(levels[1].depths_up, IsEmpty());
  EXPECT_THAT(levels[2].depths_down, ElementsAre(1, 1));
  EXPECT_THAT(levels[2].depths_up, ElementsAre(1, 1, 1));
}

TEST(UnetConfig, AttentionHeadDimIsTheNumberOfHeads) {
  EXPECT_EQ(expect_parsed(with("attention_head_dim", "4")).levels[1].heads, 4);
  const auto each = expect_parsed(with("attention_head_dim", "[1, 2, 3]")).levels;
  EXPECT_EQ(each[1].heads, 2);
  EXPECT_EQ(each[2].heads, 3);
}

TEST(UnetConfig, NumAttentionHeadsWinsOverAttentionHeadDim) {
  Json config = with("attention_head_dim", "4");
  config.set("num_attention_heads", 2);
  EXPECT_EQ(expect_parsed(config).levels[1].heads, 2);
}

TEST(UnetConfig, DepthsMayDifferOnTheWayUp) {
  Json config = with("transformer_layers_per_block", "[1, [2, 2], [4, 5]]");
  config.set("reverse_transformer_layers_per_block", parsed("[[4, 4, 10], 1, [2, 1, 3]]"));
  const UnetConfig unet = expect_parsed(config);
  EXPECT_THAT(unet.levels[1].depths_down, ElementsAre(2, 2));
  EXPECT_THAT(unet.levels[2].depths_down, ElementsAre(4, 5));
  EXPECT_THAT(unet.levels[2].depths_up, ElementsAre(4, 4, 10));
  EXPECT_THAT(unet.levels[0].depths_up, ElementsAre(2, 1, 3));
  EXPECT_EQ(unet.mid_depth, 4);
}

TEST(UnetConfig, MissingMiddleIsTheUsualOneAndNullIsNone) {
  EXPECT_EQ(expect_parsed(three_levels()).mid, UnetMid::kCrossAttention);
  EXPECT_EQ(expect_parsed(with("mid_block_type", "null")).mid, UnetMid::kNone);
  EXPECT_EQ(expect_parsed(with("mid_block_type", "\"UNetMidBlock2D\"")).mid, UnetMid::kResnets);
}

TEST(UnetConfig, ContextIsAsWideAsItsProjectionWants) {
  EXPECT_EQ(expect_parsed(three_levels()).context_channels(), 48);
  EXPECT_EQ(expect_parsed(with("encoder_hid_dim", "80")).context_channels(), 80);
}

struct Refused {
  const char* field;
  const char* value;
  const char* said;  // in the message, besides the field
};

class UnetConfigRefuses : public testing::TestWithParam<Refused> {};

TEST_P(UnetConfigRefuses, ByFieldAndValue) {
  const auto& [field, value, said] = GetParam();
  Warnings warnings;
  const auto unet = parse_unet_config(with(field, value), warnings);
  ASSERT_FALSE(unet) << field << " " << value;
  EXPECT_EQ(unet.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(unet.error().param, field);
  EXPECT_THAT(unet.error().message, HasSubstr(field));
  EXPECT_THAT(unet.error().message, HasSubstr(said));
}

INSTANTIATE_TEST_SUITE_P(
    Fields, UnetConfigRefuses,
    testing::Values(
        Refused{"_class_name", "\"UNet2DModel\"", "UNet2DModel"},
        Refused{"act_fn", "\"mish\"", "mish"}, Refused{"addition_embed_type", "\"image\"", "image"},
        Refused{"attention_head_dim", "5", "heads"}, Refused{"attention_head_dim", "0", "0"},
        Refused{"attention_head_dim", "[1, 2]", "list of 3"},
        Refused{"attention_type", "\"gated\"", "gated"},
        Refused{"block_out_channels", "[32, 48, 96]", "norm_num_groups"},
        Refused{"block_out_channels", "[32, 64, 1000000000]", "16384"},
        Refused{"class_embed_type", "\"timestep\"", "timestep"},
        Refused{"conv_in_kernel", "4", "odd"}, Refused{"cross_attention_dim", "[1, 2, 2]", "width"},
        Refused{"cross_attention_norm", "\"layer_norm\"", "layer_norm"},
        Refused{"down_block_types", "[\"AttnDownBlock2D\", \"DownBlock2D\", \"DownBlock2D\"]",
                "AttnDownBlock2D"},
        Refused{"down_block_types", "[\"DownBlock2D\"]", "each level"},
        Refused{"dual_cross_attention", "true", "true"},
        Refused{"encoder_hid_dim_type", "\"image_proj\"", "image_proj"},
        Refused{"in_channels", "\"4\"", "whole"}, Refused{"layers_per_block", "1000", "16"},
        Refused{"mid_block_scale_factor", "0", "divides"},
        Refused{"mid_block_type", "\"UNetMidBlock2DSimpleCrossAttn\"", "SimpleCrossAttn"},
        Refused{"norm_num_groups", "null", "number"}, Refused{"num_class_embeds", "1000", "1000"},
        Refused{"only_cross_attention", "[true]", "list of 3"},
        Refused{"resnet_out_scale_factor", "2.0", "2"}, Refused{"resnet_skip_time_act", "true", ""},
        Refused{"resnet_time_scale_shift", "\"spatial\"", "spatial"},
        Refused{"time_embedding_type", "\"fourier\"", "fourier"},
        Refused{"transformer_layers_per_block", "64", "at most 512"},
        Refused{"transformer_layers_per_block", "[1, [1, 2], 1]", "reverse"},
        Refused{"transformer_layers_per_block", "[1, [1], 1]", "2 resnets"},
        Refused{"up_block_types", "[]", "each level"}));

TEST(UnetConfig, HeadsOfTheMiddleMustDivideToo) {
  Json config = with("attention_head_dim", "[1, 1, 5]");
  config.set("down_block_types", parsed(R"(["DownBlock2D", "DownBlock2D", "DownBlock2D"])"));
  config.set("up_block_types", parsed(R"(["UpBlock2D", "UpBlock2D", "UpBlock2D"])"));
  Warnings warnings;
  const auto unet = parse_unet_config(config, warnings);
  ASSERT_FALSE(unet);
  EXPECT_EQ(unet.error().param, "attention_head_dim");
}

TEST(UnetConfig, UnknownFieldIsWarnedAboutWhenItIsOn) {
  Json config = three_levels();
  config.set("new_attention", true);
  config.set("new_switch", false);
  config.set("new_size", nullptr);
  config.set("_note", "x");
  Warnings warnings;
  ASSERT_TRUE(parse_unet_config(config, warnings));
  ASSERT_THAT(warnings, SizeIs(1));
  EXPECT_EQ(warnings[0].param, "new_attention");
}

TEST(UnetConfig, ConfigThatIsNoObjectIsRefused) {
  Warnings warnings;
  for (const char* text : {"null", "[]", "3"})
    EXPECT_FALSE(parse_unet_config(parsed(text), warnings)) << text;
}

}  // namespace
}  // namespace diptych
