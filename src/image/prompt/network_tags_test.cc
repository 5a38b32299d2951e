#include "image/prompt/network_tags.h"

#include <gtest/gtest.h>

namespace diptych {
namespace {

NetworkTags taken(std::string_view text) {
  auto tags = take_network_tags(text, "prompt");
  EXPECT_TRUE(tags.has_value()) << text;
  return tags ? std::move(*tags) : NetworkTags{};
}

TEST(NetworkTags, LeaveTheTextWithTheirWeights) {
  const NetworkTags plain = taken("a <lora:x:0.5> b");
  EXPECT_EQ(plain.text, "a  b");
  ASSERT_EQ(plain.tags.size(), 1U);
  EXPECT_EQ(plain.tags[0].kind, NetworkKind::kLora);
  EXPECT_EQ(plain.tags[0].name, "x");
  EXPECT_EQ(plain.tags[0].text_encoder, StepWeight(0.5));
  EXPECT_EQ(plain.tags[0].unet, StepWeight(0.5));

  const NetworkTag named = taken("<lora:x:te=0.3:unet=0.7>").tags.at(0);
  EXPECT_EQ(named.text_encoder, StepWeight(0.3));
  EXPECT_EQ(named.unet, StepWeight(0.7));

  const NetworkTag both = taken("<lora:x:0.8:0.5:16>").tags.at(0);
  EXPECT_EQ(both.text_encoder, StepWeight(0.8));
  EXPECT_EQ(both.unet, StepWeight(0.5));
  EXPECT_EQ(both.dynamic_rank, 16);

  EXPECT_EQ(taken("<lora:x:0.5:dyn=32>").tags.at(0).dynamic_rank, 32);
  EXPECT_EQ(taken("<lora:x>").tags.at(0).unet, StepWeight(1));
  EXPECT_EQ(take_network_tags("<lyco:x>", "prompt", 0.6)->tags.at(0).unet, StepWeight(0.6));
  EXPECT_EQ(taken("<hypernet:dir/y:1>").tags.at(0).kind, NetworkKind::kHypernetwork);
  const NetworkTag blocks = taken("<lora:x:in=0:mid=.5:out=1:module=unet>").tags.at(0);
  EXPECT_EQ(blocks.in, StepWeight(0));
  EXPECT_EQ(blocks.middle, StepWeight(0.5));
  EXPECT_EQ(blocks.out, StepWeight(1));
  EXPECT_EQ(blocks.module, "unet");
}

TEST(NetworkTags, SeveralStayInOrder) {
  const NetworkTags tags = taken("<lora:a:1><lora:b:0> x <lora:a:0.5>");
  EXPECT_EQ(tags.text, " x ");
  ASSERT_EQ(tags.tags.size(), 3U);
  EXPECT_EQ(tags.tags[2].name, "a");
  EXPECT_TRUE(tags.tags[1].unet.is_zero());
}

TEST(NetworkTags, WhatIsNoTagIsText) {
  for (const std::string_view text : {"a < b > c", "<lora>", "<lora:>", "<lora:x", "<:x>", "<<a"}) {
    const NetworkTags tags = taken(text);
    EXPECT_EQ(tags.text, text);
    EXPECT_TRUE(tags.tags.empty() && tags.warnings.empty()) << text;
  }
  const NetworkTags unknown = taken("<foo:bar> x");
  EXPECT_EQ(unknown.text, "<foo:bar> x");
  ASSERT_EQ(unknown.warnings.size(), 1U);
  EXPECT_NE(unknown.warnings[0].message.find("'foo'"), std::string::npos);
}

TEST(NetworkTags, BadValuesAreRefusedAndUnknownNamesWarnedOf) {
  for (const std::string_view text :
       {"<lora:x:heavy>", "<lora:x:1:1e9>", "<lora:x:dyn=-1>", "<lora:x:te=>", "<lora: :1>"}) {
    const auto tags = take_network_tags(text, "prompt");
    ASSERT_FALSE(tags.has_value()) << text;
    EXPECT_NE(tags.error().message.find(text), std::string::npos) << tags.error().message;
    EXPECT_EQ(tags.error().param, "prompt");
  }
  EXPECT_EQ(taken("<lora:x:1:speed=3>").warnings.size(), 1U);
  EXPECT_EQ(taken("<lora:x:1:1:1:1>").warnings.size(), 1U);
}

TEST(StepWeight, ChangesOverTheSteps) {
  const auto ramp = StepWeight::parse("0@0, 1@1");
  ASSERT_TRUE(ramp.has_value());
  EXPECT_DOUBLE_EQ(ramp->at(1, 11), 0);
  EXPECT_DOUBLE_EQ(ramp->at(6, 11), 0.5);
  EXPECT_DOUBLE_EQ(ramp->at(11, 11), 1);
  const auto steps = StepWeight::parse("1@5;0@10");
  ASSERT_TRUE(steps.has_value());
  EXPECT_DOUBLE_EQ(steps->at(1, 20), 1);
  EXPECT_DOUBLE_EQ(steps->at(5, 20), 1);
  EXPECT_DOUBLE_EQ(steps->at(7, 20), 0.6);
  EXPECT_DOUBLE_EQ(steps->at(20, 20), 0);
  const auto single = StepWeight::parse("0.5@10");
  ASSERT_TRUE(single.has_value());
  EXPECT_TRUE(single->is_constant());
  EXPECT_DOUBLE_EQ(single->at(3, 20), 0.5);
  for (const std::string_view text : {"", "a", "1@", "@1", "1@-1", "1,,2", "1@1@1"}) {
    EXPECT_FALSE(StepWeight::parse(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace diptych
