#include "text/sampling/token_picker.h"

#include <cmath>

#include "base/rng.h"
#include "text/sampling/registry.h"
#include "text/sampling/softmax.h"

namespace diptych {
namespace {

std::unexpected<Error> nothing_finite() {
  return fail(ErrorCode::kInternal, "the model gave no finite logit for the next token");
}

}  // namespace

Result<TokenId> TokenPicker::pick(std::span<const float> logits, const SamplingOptions& options,
                                  const SamplePoint& point) {
  const SampleContext context{options,      point.tokens,  point.prompt_count,
                              point.banned, point.allowed, marks_};
  const bool greedy = options.temperature <= 0;
  bool assigned = false;
  for (const TokenSampler* sampler : token_samplers()) {
    if ((greedy && sampler->kind == SamplerKind::kCut) || !sampler->wanted(context)) continue;
    if (!assigned) candidates_.assign(logits);
    assigned = true;
    sampler->apply(candidates_, context);
  }
  if (greedy) {
    const TokenId best = argmax(assigned ? candidates_.by_token() : logits);
    if (best < 0) return nothing_finite();
    return best;
  }
  if (!assigned) candidates_.assign(logits);
  if (!std::isfinite(candidates_.logit_max())) return nothing_finite();
  const double u =
      uniform_at(options.seed, static_cast<std::uint32_t>(point.choice), point.tokens.size());
  return candidates_.draw(u);
}

TokenLogprob TokenPicker::logprob(std::span<const float> logits, TokenId token, int top_count) {
  const float best = max_of(logits);
  const double log_total = static_cast<double>(best) + std::log(exp_sum(logits, best));
  const auto logprob_of = [&](float logit) {
    return static_cast<float>(static_cast<double>(logit) - log_total);
  };
  TokenLogprob result{
      .token = token, .logprob = logprob_of(logits[static_cast<std::size_t>(token)]), .top = {}};
  select_best(logits, top_count, top_);
  result.top.reserve(top_.size());
  for (const Candidate& item : top_) result.top.push_back({item.token, logprob_of(item.logit)});
  return result;
}

}  // namespace diptych
