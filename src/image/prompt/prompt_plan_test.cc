#include "image/prompt/prompt_plan.h"

#include <gtest/gtest.h>

#include "image/prompt/limits.h"
#include "image/prompt/words_fixture.h"

namespace diptych {
namespace {

PromptPlan planned(const PromptRequest& request) {
  auto plan = plan_prompt(request, word_tokenizer());
  EXPECT_TRUE(plan.has_value()) << plan.error().param << ": " << plan.error().message;
  return plan ? std::move(*plan) : PromptPlan{};
}

TEST(PromptPlan, PartsAndSchedulesPointAtEncodings) {
  const PromptPlan plan =
      planned({.prompt = "a [cat:dog:0.5] AND sky :0.5", .negative_prompt = "blurry", .steps = 10});
  ASSERT_EQ(plan.positive.parts.size(), 2U);
  ASSERT_EQ(plan.positive.encodings.size(), 3U);
  const PromptPart& pet = plan.positive.parts[0];
  EXPECT_EQ(pet.weight, 1);
  EXPECT_EQ(pet.schedule.size(), 2U);
  const auto text_at = [&](int step) {
    return plan.positive.encodings[static_cast<std::size_t>(pet.encoding_at(step))].text;
  };
  EXPECT_EQ(text_at(1), "a cat");
  EXPECT_EQ(text_at(5), "a cat");
  EXPECT_EQ(text_at(6), "a dog");
  EXPECT_EQ(text_at(10), "a dog");
  EXPECT_EQ(text_at(99), "a dog");
  EXPECT_EQ(plan.positive.parts[1].weight, 0.5);
  ASSERT_EQ(plan.negative.parts.size(), 1U);
  EXPECT_EQ(plan.negative.encodings[0].terms[0].chunks[0].tokens.size(), 1U);
  EXPECT_EQ(plan.negative.encodings[0].token_count, 1);
}

TEST(PromptPlan, AlternationEncodesEachTextOnce) {
  const PromptPlan plan = planned({.prompt = "[a|b|a]", .steps = 50});
  EXPECT_EQ(plan.positive.encodings.size(), 2U);
  EXPECT_EQ(plan.positive.parts[0].schedule.size(), 50U);
  EXPECT_EQ(plan.positive.parts[0].encoding_at(3), plan.positive.parts[0].encoding_at(4));
}

TEST(PromptPlan, StepsComeInTheirOrder) {
  const PromptPlan plan = planned(
      {.prompt = "cat /* mine */ {<lora:x:0.5>|<lora:x:0.5>}",
       .styles = {{.name = "s", .prompt = "photo of {prompt}, HUE", .wildcards = "HUE=red"}}});
  EXPECT_EQ(plan.positive.text, "photo of cat  <lora:x:0.5>, red");
  EXPECT_EQ(plan.positive.encodings[0].text, "photo of cat  , red");
  ASSERT_EQ(plan.networks.size(), 1U);
  EXPECT_EQ(plan.networks[0].name, "x");
  EXPECT_EQ(plan.choices.size(), 2U);
  EXPECT_TRUE(plan.warnings.empty());
}

TEST(PromptPlan, TheNegativePromptHasOnePartAndNoNetworks) {
  const PromptPlan plan = planned({.prompt = "", .negative_prompt = "a AND b <lora:x:1>"});
  EXPECT_TRUE(plan.networks.empty());
  ASSERT_EQ(plan.negative.parts.size(), 1U);
  EXPECT_EQ(plan.negative.encodings[0].text, "a AND b ");
  ASSERT_EQ(plan.warnings.size(), 2U);
  for (const Warning& warning : plan.warnings) EXPECT_EQ(warning.param, "negative_prompt");
}

TEST(PromptPlan, EmphasisModesDecideWhatIsRead) {
  const auto first_chunk = [](EmphasisMode mode) {
    return planned({.prompt = "(a:1.5)", .emphasis = mode})
        .positive.encodings[0]
        .terms[0]
        .chunks[0];
  };
  EXPECT_EQ(first_chunk(EmphasisMode::kOriginal).weights, std::vector<float>{1.5F});
  EXPECT_EQ(first_chunk(EmphasisMode::kIgnore).weights, std::vector<float>{1});
  EXPECT_GT(first_chunk(EmphasisMode::kNone).tokens.size(), 1U);
}

TEST(PromptPlan, FixedAndCompelHaveNoSchedules) {
  for (const auto syntax : {AttentionSyntax::kFixed, AttentionSyntax::kCompel}) {
    const PromptPlan plan = planned({.prompt = "[a:b:0.5] AND c", .attention = syntax});
    ASSERT_EQ(plan.positive.parts.size(), 1U);
    EXPECT_EQ(plan.positive.encodings[0].text, "[a:b:0.5] AND c");
  }
  const PromptPlan blend =
      planned({.prompt = R"(("a", "b").blend(1, 3))", .attention = AttentionSyntax::kCompel});
  ASSERT_EQ(blend.positive.encodings[0].terms.size(), 2U);
  EXPECT_DOUBLE_EQ(blend.positive.encodings[0].terms[1].weight, 0.75);
}

TEST(PromptPlan, TheSecondPassHasItsOwnSteps) {
  const PromptPlan plan = planned({.prompt = "[a:b:1.5]", .steps = 8, .base_steps = 20});
  ASSERT_EQ(plan.positive.parts[0].schedule.size(), 2U);
  EXPECT_EQ(plan.positive.parts[0].schedule[0].last_step, 4);
  EXPECT_EQ(plan.positive.parts[0].schedule[1].last_step, 8);
}

TEST(PromptPlan, BadRequestsNameTheField) {
  const std::string large(kPromptBytesMax + 1, 'a');
  const std::vector<std::pair<PromptRequest, std::string>> cases = {
      {{.prompt = large}, "prompt"},
      {{.negative_prompt = large}, "negative_prompt"},
      {{.prompt = "\xFF"}, "prompt"},
      {{.prompt = std::string(kPromptBytesMax, 'a'), .styles = {{.prompt = "b"}}}, "prompt"},
      {{.prompt = "a", .styles = {{.prompt = large}}}, "styles"},
      {{.prompt = "a", .steps = 0}, "steps"},
      {{.prompt = "<lora:x:y>"}, "prompt"},
      {{.negative_prompt = std::string(500, '(')}, "negative_prompt"},
      {{.prompt = "[a:b:2][c:d:3][e|f|g|h|i]" + words(30'000), .steps = 60}, "prompt"},
  };
  for (const auto& [request, param] : cases) {
    const auto plan = plan_prompt(request, word_tokenizer());
    ASSERT_FALSE(plan.has_value()) << param;
    EXPECT_EQ(plan.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(plan.error().param, param);
    EXPECT_FALSE(plan.error().message.empty());
  }
}

}  // namespace
}  // namespace diptych
