#pragma once
// What the next step computes: one token of everyone who is decoding, then pieces of prompts within
// a budget.

#include <functional>
#include <vector>

#include "base/clock.h"
#include "text/engine.h"
#include "text/scheduler/choice.h"
#include "text/scheduler/scheduler.h"

namespace diptych {

struct BatchShare {
  Choice* choice = nullptr;
  int first = 0, count = 0;  // of choice->tokens
  int batch_begin = 0;       // where they lie in the batch
  bool samples = false;      // ends with the choice's last token: its logits give the next one
};

struct BatchPlan {
  std::vector<BatchShare> shares;
  std::vector<BatchToken> tokens;
  void clear() {
    shares.clear();
    tokens.clear();
  }
};

class BatchPlanner {
 public:
  BatchPlanner(const SchedulerOptions& options, int step_token_count);

  // `grant(choice, wanted)` finds a sequence and cells and says how many tokens may really be
  // computed (0: not now). It may raise choice.computed (a reused prefix), never past the last
  // token.
  using Grant = std::function<int(Choice& choice, int wanted)>;
  // token_limit: a ceiling below the usual budgets, after the engine had no room.
  void plan(const Choices& running, int token_limit, const Grant& grant, BatchPlan& plan);

 private:
  void order_prompts(const Choices& running);
  void add(Choice& choice, int count, BatchPlan& plan) const;

  const SchedulerOptions& options_;
  const int step_token_count_;
  struct Ranked {
    Duration due;
    Choice* choice;
  };
  std::vector<Ranked> prompts_;
};

}  // namespace diptych
