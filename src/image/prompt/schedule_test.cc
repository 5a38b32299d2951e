// Vectors: A1111 1.10's grammar, run on these texts.

#include "image/prompt/schedule.h"

#include <gtest/gtest.h>

#include "image/prompt/limits.h"

namespace diptych {
namespace {

using Entries = std::vector<std::pair<int, std::string>>;

Entries scheduled(std::string_view text, const PromptScheduleOptions& options) {
  const auto schedule = schedule_prompt(text, options);
  if (!schedule) return {{-1, schedule.error().message}};
  Entries entries;
  for (const ScheduledText& entry : schedule->entries) {
    entries.emplace_back(entry.last_step, entry.text);
  }
  return entries;
}

struct Case {
  int steps;
  std::string_view text;
  Entries entries;
};

TEST(Schedule, TextsChangeWithTheSteps) {
  const std::vector<Case> cases = {
      {10, "test", {{10, "test"}}},
      {10, "", {{10, ""}}},
      {10, "a [b:3]", {{3, "a "}, {10, "a b"}}},
      {10, "a [b: 3]", {{3, "a "}, {10, "a b"}}},
      {10, "a [b:3 ]", {{3, "a "}, {10, "a b"}}},
      {10, "a [[[b]]:2]", {{2, "a "}, {10, "a [[b]]"}}},
      {10, "[(a:2):3]", {{3, ""}, {10, "(a:2)"}}},
      {10, "a [b : c : 1] d", {{1, "a b  d"}, {10, "a  c  d"}}},
      {10, "a[b:[c:d:2]:1]e", {{1, "abe"}, {2, "ace"}, {10, "ade"}}},
      {10, "a [unbalanced", {{10, "a [unbalanced"}}},
      {10, "a [b:.5] c", {{5, "a  c"}, {10, "a b c"}}},
      {10, "a [b::3] c", {{3, "a b c"}, {10, "a  c"}}},
      {10, "a [b:c:1] d", {{1, "a b d"}, {10, "a c d"}}},
      {10, "a [b:c:1.0] d", {{10, "a b d"}}},
      {20, "a [b:c:0.5] d", {{10, "a b d"}, {20, "a c d"}}},
      {20, "a [b:c:25] d", {{20, "a b d"}}},
      {20, "a [b:c:0] d", {{20, "a c d"}}},
      {20, "a [b:c:-1] d", {{20, "a c d"}}},
      {20, "a [b:c:1e99] d", {{20, "a b d"}}},
      {20, "a [b:c:1e9999] d", {{20, "a b d"}}},
      {4, "[a|(b:1.1)]", {{1, "a"}, {2, "(b:1.1)"}, {3, "a"}, {4, "(b:1.1)"}}},
      {4, "[fe|]male", {{1, "female"}, {2, "male"}, {3, "female"}, {4, "male"}}},
      {4, "[fe|||]male", {{1, "female"}, {2, "male"}, {3, "male"}, {4, "male"}}},
      {6, "[[x|y]:z:4]", {{1, "x"}, {2, "y"}, {3, "x"}, {4, "y"}, {5, "z"}, {6, "z"}}},
      {4, "a (b:1.2) [c:d:0.5]", {{2, "a (b:1.2) c"}, {4, "a (b:1.2) d"}}},
      {10, "((a][:b:c [d:3]", {{3, "((a][:b:c "}, {10, "((a][:b:c d"}}},
      {10, "\\[b:3\\] [c:3]", {{3, "\\[b:3\\] "}, {10, "\\[b:3\\] c"}}},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(scheduled(each.text, {.steps = each.steps}), each.entries) << each.text;
  }
}

TEST(Schedule, SeveralSchedulesShareTheSteps) {
  const auto entries = scheduled(
      "fantasy landscape with a [mountain:lake:0.25] and [an oak:a christmas tree:0.75]"
      "[ in foreground::0.6][ in background:0.25] [shoddy:masterful:0.5]",
      {.steps = 100});
  const std::string start = "fantasy landscape with a ";
  const Entries expected = {{25, start + "mountain and an oak in foreground shoddy"},
                            {50, start + "lake and an oak in foreground in background shoddy"},
                            {60, start + "lake and an oak in foreground in background masterful"},
                            {75, start + "lake and an oak in background masterful"},
                            {100, start + "lake and a christmas tree in background masterful"}};
  EXPECT_EQ(entries, expected);
}

TEST(Schedule, TheSecondPassCountsOn) {
  const PromptScheduleOptions second{.steps = 10, .base_steps = 10};
  const Entries whole = {{10, "a b c"}}, half = {{5, "a  c"}, {10, "a b c"}};
  EXPECT_EQ(scheduled("a [b:.5] c", second), whole);
  EXPECT_EQ(scheduled("a [b:5] c", second), whole);
  EXPECT_EQ(scheduled("a [b:1.5] c", second), half);
  EXPECT_EQ(scheduled("a [b:15] c", second), half);
}

TEST(Schedule, TheOldRuleTakesNumbersBelowOneAsFractions) {
  const PromptScheduleOptions old{.steps = 10, .rule = ScheduleRule::kBelowOneIsFraction};
  EXPECT_EQ(scheduled("[a:b:1.0]", old), (Entries{{1, "a"}, {10, "b"}}));
  EXPECT_EQ(scheduled("[a:b:3.7]", old), (Entries{{3, "a"}, {10, "b"}}));
  EXPECT_EQ(scheduled("[a:b:.5]", old), (Entries{{5, "a"}, {10, "b"}}));
}

TEST(Schedule, WhatDoesNotParseIsUsedUnchangedWithAWarning) {
  for (const std::string_view text : {"a | b [c:3]", "(a|b) [c:3]", "[a|b:3] c", "[c:3] \\"}) {
    const auto schedule = schedule_prompt(text, {.steps = 10});
    ASSERT_TRUE(schedule.has_value());
    ASSERT_EQ(schedule->entries.size(), 1U) << text;
    EXPECT_EQ(schedule->entries[0].text, text);
    EXPECT_EQ(schedule->warnings.size(), 1U) << text;
  }
  EXPECT_TRUE(schedule_prompt("a | b", {.steps = 10})->warnings.empty());
}

TEST(Schedule, HasLimits) {
  EXPECT_EQ(schedule_prompt("a", {.steps = 0}).error().param, "steps");
  EXPECT_EQ(schedule_prompt("a", {.steps = kScheduleStepsMax + 1}).error().param, "steps");
  const auto deep = schedule_prompt(std::string(kPromptDepthMax + 1, '['), {.steps = 1});
  ASSERT_FALSE(deep.has_value());
  EXPECT_EQ(deep.error().param, "prompt");
  const auto large =
      schedule_prompt("[a|b]" + std::string(10'000, 'x'), {.steps = kScheduleStepsMax});
  ASSERT_FALSE(large.has_value());
  EXPECT_EQ(large.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace diptych
