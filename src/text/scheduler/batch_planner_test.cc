#include "text/scheduler/batch_planner.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "text/engine_script.h"

namespace diptych {
namespace {

using namespace std::chrono_literals;

class PlannerTest : public testing::Test {
 protected:
  Choice& prompt(int token_count, Duration admitted = {}, std::string owner = "",
                 Priority priority = Priority::kNormal) {
    GenerationRequest request;
    request.prompt.resize(static_cast<std::size_t>(token_count));
    request.owner = std::move(owner);
    request.priority = priority;
    auto ticket = std::make_shared<Ticket>(std::move(request), Monotonic());
    ticket->number = running.size() + 1;
    ticket->admitted = Monotonic(admitted);
    auto choice = std::make_unique<Choice>(ticket, 0, vocabulary);
    choice->sequence = static_cast<SequenceId>(running.size());
    running.push_back(std::move(choice));
    return *running.back();
  }
  Choice& decoding() {
    Choice& choice = prompt(10);
    choice.phase = Choice::Phase::kAnswer;
    choice.tokens.push_back(1);
    choice.computed = 10;
    return choice;
  }
  // Shares as pairs of (choice's place in running, tokens).
  std::vector<std::pair<int, int>> plan(int token_limit = 1'000'000) {
    BatchPlanner planner(options, 512);
    BatchPlan made;
    planner.plan(running, token_limit, grant, made);
    std::vector<std::pair<int, int>> shares;
    for (const BatchShare& share : made.shares) {
      shares.emplace_back(share.choice->sequence, share.count);
      EXPECT_EQ(made.tokens[static_cast<std::size_t>(share.batch_begin)].position, share.first);
      const auto last = static_cast<std::size_t>(share.batch_begin + share.count - 1);
      EXPECT_EQ(made.tokens[last].wants_logits, share.samples);
    }
    return shares;
  }
  using Shares = std::vector<std::pair<int, int>>;

  const ScriptVocabulary vocabulary{{}};
  SchedulerOptions options{.step_tokens_max = 100, .prefill_tokens_beside_decode = 30};
  BatchPlanner::Grant grant = [](Choice& choice, int wanted) {
    return std::min(wanted, choice.remaining());
  };
  Choices running;
};

TEST_F(PlannerTest, DecodesFirstThenPromptsWithinTheSmallBudget) {
  prompt(80);
  decoding();
  decoding();
  EXPECT_EQ(plan(), (Shares{{1, 1}, {2, 1}, {0, 30}}));
}

TEST_F(PlannerTest, TheShortestPromptGoesFirstAndTheRestOfTheBudgetToTheNext) {
  prompt(400);
  prompt(70);
  prompt(90);
  EXPECT_EQ(plan(), (Shares{{1, 70}, {2, 30}}));
}

TEST_F(PlannerTest, AStartedPromptIsFinishedBeforeItsEqual) {
  prompt(80);
  prompt(80).computed = 30;
  EXPECT_EQ(plan(), (Shares{{1, 50}, {0, 50}}));
}

TEST_F(PlannerTest, ALongPromptIsOvertakenOnlyForAWhile) {
  prompt(400, 0s);
  prompt(50, 100ms);
  EXPECT_EQ(plan().front().first, 1);
  running[1]->ticket->admitted = Monotonic(5s);
  EXPECT_EQ(plan().front().first, 0);
}

TEST_F(PlannerTest, AnOwnerWithManyPromptsPushesItselfBack) {
  for (int i = 0; i < 5; ++i) prompt(40, 0s, "flood");
  prompt(90, 100ms, "quiet");
  EXPECT_EQ(plan().front(), (std::pair{5, 90}));
}

TEST_F(PlannerTest, PriorityGoesBeforeLength) {
  prompt(20, 0s, "", Priority::kBatch);
  prompt(90, 0s, "", Priority::kHigh);
  EXPECT_EQ(plan(), (Shares{{1, 90}, {0, 10}}));
}

TEST_F(PlannerTest, SiblingsAndStalledReadersAreLeftOut) {
  prompt(20).phase = Choice::Phase::kSibling;
  prompt(20).reader_stalled = true;
  decoding().reader_stalled = true;
  EXPECT_EQ(plan(), Shares{});
}

TEST_F(PlannerTest, NeverPassesTheLimits) {
  for (int i = 0; i < 40; ++i) decoding();
  prompt(80);
  EXPECT_EQ(plan(25).size(), 25u);
  EXPECT_EQ(plan(45).back(), (std::pair{40, 5}));
}

TEST_F(PlannerTest, WhoIsGrantedNothingIsSkipped) {
  prompt(20);
  prompt(30);
  grant = [](Choice& choice, int wanted) {
    return choice.sequence == 0 ? 0 : std::min(wanted, choice.remaining());
  };
  EXPECT_EQ(plan(), (Shares{{1, 30}}));
}

TEST_F(PlannerTest, AReusedPrefixLeavesItsBudgetToTheNext) {
  prompt(90);
  prompt(95);
  grant = [](Choice& choice, int wanted) {
    if (choice.sequence == 0) choice.computed = 88;
    return std::min(wanted, choice.remaining());
  };
  EXPECT_EQ(plan(), (Shares{{0, 2}, {1, 95}}));
}

}  // namespace
}  // namespace diptych
