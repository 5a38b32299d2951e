#include "text/quality/quality.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "text/sampling/softmax.h"

namespace diptych {
namespace {

class PerplexityMeter {
 public:
  void add(double log_probability) {
    sum_ -= log_probability;
    squares_ += log_probability * log_probability;
    ++count_;
  }

  Perplexity result() const {
    const double mean = sum_ / count_;
    const double variance = std::max(0.0, squares_ / count_ - mean * mean);
    const double value = std::exp(mean);
    return {.value = value,
            .standard_error = value * std::sqrt(variance / count_),
            .token_count = count_};
  }

 private:
  double sum_ = 0, squares_ = 0;
  int count_ = 0;
};

double log_normalizer(std::span<const float> logits) {
  const float top = max_of(logits);
  return top + std::log(exp_sum(logits, top));
}

double logit_of(std::span<const float> logits, TokenId token) {
  return logits[static_cast<std::size_t>(token)];
}

// Σ p (log p - log q) over the vocabulary.
double divergence(std::span<const float> p, std::span<const float> q, double p_normalizer,
                  double q_normalizer) {
  double sum = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    const double log_p = p[i] - p_normalizer;
    sum += std::exp(log_p) * (log_p - (q[i] - q_normalizer));
  }
  return std::max(0.0, sum);
}

Status check(const Engine& engine, std::span<const TokenId> tokens, const QualityOptions& options) {
  const EngineLimits limits = engine.limits();
  const int longest = std::min(limits.context_length, limits.cell_count);
  if (options.window < 2 || options.window % 2 != 0 || options.window > longest)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("The window must be an even number of tokens from 2 to {}, not {}.",
                            longest, options.window),
                "window");
  if (tokens.size() < static_cast<std::size_t>(options.window))
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("The text has {} tokens, fewer than one window of {}.", tokens.size(),
                            options.window),
                "tokens");
  for (const TokenId token : tokens)
    if (token < 0 || token >= engine.vocabulary().size())
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("Token {} is not in the vocabulary.", token), "tokens");
  return {};
}

// Called for each scored token with the batch index of the logits that predict it.
using Score = std::function<void(int batch_index, TokenId next)>;

// Runs one window through all engines in step, in sequence 0.
Status run_window(std::span<Engine* const> engines, std::span<const TokenId> window, int batch_max,
                  const QualityOptions& options, const Score& score) {
  const int size = options.window, first_scored = size / 2;  // the first token that is predicted
  const auto token_at = [&](int i) { return window[static_cast<std::size_t>(i)]; };
  for (int begin = 0; begin < size; begin += batch_max) {
    const int end = std::min(size, begin + batch_max);
    std::vector<BatchToken> batch;
    for (int i = begin; i < end; ++i)
      batch.push_back({.token = token_at(i),
                       .sequence = 0,
                       .position = i,
                       .wants_logits = i + 1 >= first_scored && i + 1 < size});
    for (Engine* engine : engines) TRY_STATUS(engine->step(batch, options.stop));
    for (int i = begin; i < end; ++i)
      if (batch[static_cast<std::size_t>(i - begin)].wants_logits)
        score(i - begin, token_at(i + 1));
  }
  return {};
}

Status run_text(std::span<Engine* const> engines, std::span<const TokenId> tokens,
                const QualityOptions& options, const Score& score) {
  int batch_max = options.window;
  for (Engine* engine : engines) {
    TRY_STATUS(check(*engine, tokens, options));
    batch_max = std::min(batch_max, engine->limits().step_token_count);
  }
  const auto window = static_cast<std::size_t>(options.window);
  for (std::size_t begin = 0; begin + window <= tokens.size(); begin += window) {
    if (options.stop.stop_requested()) return fail(ErrorCode::kCancelled, "Stopped.");
    const Status done =
        run_window(engines, tokens.subspan(begin, window), batch_max, options, score);
    for (Engine* engine : engines) TRY_STATUS(engine->truncate(0, 0));
    TRY_STATUS(done);
  }
  return {};
}

}  // namespace

Result<Perplexity> measure_perplexity(Engine& engine, std::span<const TokenId> tokens,
                                      const QualityOptions& options) {
  PerplexityMeter meter;
  Engine* const engines[] = {&engine};
  TRY_STATUS(run_text(engines, tokens, options, [&](int batch_index, TokenId next) {
    const auto logits = engine.logits(batch_index);
    meter.add(logit_of(logits, next) - log_normalizer(logits));
  }));
  return meter.result();
}

Result<Agreement> compare_engines(Engine& reference, Engine& candidate,
                                  std::span<const TokenId> tokens, const QualityOptions& options) {
  if (reference.vocabulary().size() != candidate.vocabulary().size())
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("The vocabularies differ: {} and {} tokens.",
                            reference.vocabulary().size(), candidate.vocabulary().size()));
  PerplexityMeter reference_meter, candidate_meter;
  Agreement agreement;
  int same_top = 0;
  Engine* const engines[] = {&reference, &candidate};
  TRY_STATUS(run_text(engines, tokens, options, [&](int batch_index, TokenId next) {
    const auto p = reference.logits(batch_index), q = candidate.logits(batch_index);
    const double p_normalizer = log_normalizer(p), q_normalizer = log_normalizer(q);
    reference_meter.add(logit_of(p, next) - p_normalizer);
    candidate_meter.add(logit_of(q, next) - q_normalizer);
    const double distance = divergence(p, q, p_normalizer, q_normalizer);
    agreement.divergence_mean += distance;
    agreement.divergence_max = std::max(agreement.divergence_max, distance);
    same_top += argmax(p) == argmax(q) ? 1 : 0;
  }));
  agreement.reference = reference_meter.result();
  agreement.candidate = candidate_meter.result();
  agreement.divergence_mean /= agreement.reference.token_count;
  agreement.same_top_share = static_cast<double>(same_top) / agreement.reference.token_count;
  return agreement;
}

}  // namespace diptych
