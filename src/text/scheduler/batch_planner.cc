#include "text/scheduler/batch_planner.h"

#include <algorithm>
#include <tuple>

namespace diptych {

BatchPlanner::BatchPlanner(const SchedulerOptions& options, int step_token_count)
    : options_(options), step_token_count_(step_token_count) {}

void BatchPlanner::plan(const Choices& running, int token_limit, const Grant& grant,
                        BatchPlan& plan) {
  plan.clear();
  const int limit = std::min(step_token_count_, token_limit);
  for (const auto& choice : running) {  // oldest first: the youngest gives way when room is short
    if (static_cast<int>(plan.tokens.size()) >= limit) break;
    if (choice->runnable() && choice->decoding() && grant(*choice, 1) > 0) add(*choice, 1, plan);
  }
  const int decoded = static_cast<int>(plan.tokens.size());
  int budget = decoded > 0 ? options_.prefill_tokens_beside_decode : options_.step_tokens_max;
  budget = std::min(budget, limit - decoded);

  order_prompts(running);
  for (const auto& [due, choice] : prompts_) {
    if (budget <= 0) break;
    int wanted = budget;
    // Every position's logits are kept until the step ends: a vocabulary's worth of floats each.
    if (choice->ticket->request.prompt_logprobs)
      wanted = std::min(wanted, options_.prompt_logprob_tokens_max);
    const int granted = std::min(grant(*choice, wanted), choice->remaining());
    if (granted <= 0) continue;
    add(*choice, granted, plan);
    budget -= granted;
  }
}

// One prompt after the other, shortest first: the mean wait is the least possible, and nobody waits
// for all. A prompt's due time is when it came plus what it still costs, so a long one is overtaken
// for a while, but not for ever. What else its owner has in prefill counts as well: a flood pushes
// itself back, not others.
void BatchPlanner::order_prompts(const Choices& running) {
  prompts_.clear();
  const auto left = [](const Choice& choice) {
    return std::max(1, choice.remaining() - (choice.sequence < 0 ? choice.prefix_hint : 0));
  };
  const auto in_prefill = [](const Choice& choice) {
    return choice.runnable() && !choice.decoding();
  };
  for (const auto& choice : running) {
    if (!in_prefill(*choice)) continue;
    const GenerationRequest& request = choice->ticket->request;
    std::int64_t tokens = left(*choice);
    for (const auto& other : running)
      if (in_prefill(*other) && other->ticket->request.owner == request.owner)
        tokens += left(*other);
    const Duration due =
        choice->ticket->admitted.time_since_epoch() + options_.prefill_patience_per_token * tokens -
        options_.prefill_patience_per_priority * static_cast<int>(request.priority);
    prompts_.push_back({due, choice.get()});
  }
  std::ranges::sort(prompts_, [](const Ranked& a, const Ranked& b) {
    return std::tuple(a.due, a.choice->age()) < std::tuple(b.due, b.choice->age());
  });
}

void BatchPlanner::add(Choice& choice, int count, BatchPlan& plan) const {
  const int first = choice.computed;
  const bool samples = first + count == static_cast<int>(choice.tokens.size());
  plan.shares.push_back({&choice, first, count, static_cast<int>(plan.tokens.size()), samples});
  const bool all_logits = choice.ticket->request.prompt_logprobs && choice.index == 0;
  for (int position = first; position < first + count; ++position) {
    const bool last = samples && position == first + count - 1;
    plan.tokens.push_back(
        {.token = choice.tokens[static_cast<std::size_t>(position)],
         .sequence = choice.sequence,
         .position = position,
         .wants_logits = last || (all_logits && position < choice.ticket->prompt_count() - 1)});
  }
}

}  // namespace diptych
