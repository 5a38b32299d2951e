#include "app/commands/bench_quality.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <semaphore>
#include <span>

#include "app/local_model.h"
#include "app/progress_bar.h"

namespace diptych {
namespace {

constexpr std::size_t kTextBytesMax = std::size_t{64} << 20;

struct Score {
  double negative_log_likelihood = 0, squares = 0;
  int count = 0;

  void add(double value) {
    negative_log_likelihood += value;
    squares += value * value;
    ++count;
  }
  double perplexity() const { return std::exp(negative_log_likelihood / count); }
  double standard_error() const {
    const double mean = negative_log_likelihood / count;
    return perplexity() * std::sqrt(std::max(0.0, squares / count - mean * mean) / count);
  }
};

Status score_window(TextModel& model, std::span<const TokenId> tokens, Score& score) {
  GenerationRequest request;
  request.prompt.assign(tokens.begin(), tokens.end());
  request.token_count_max = 1;
  request.sampling.temperature = 0;
  request.top_logprob_count = 0;
  request.prompt_logprobs = true;
  TRY(const auto stream, model.scheduler().submit(std::move(request)));
  const auto ready = std::make_shared<std::counting_semaphore<>>(0);
  stream->on_ready([ready] { ready->release(); });
  std::vector<TokenLogprob> logprobs;
  while (!stream->done()) {
    TRY(const std::optional<Delta> delta, stream->poll());
    if (delta) {
      logprobs.insert(logprobs.end(), delta->prompt_tokens.begin(), delta->prompt_tokens.end());
    } else if (!stream->done()) {
      ready->acquire();
    }
  }
  if (logprobs.size() != tokens.size())
    return fail(ErrorCode::kInternal, "a prompt without its logprobs");
  for (std::size_t i = tokens.size() / 2; i < tokens.size(); ++i)
    score.add(-static_cast<double>(logprobs[i].logprob));
  return {};
}

Result<Score> score_text(TextModel& model, std::string_view text,
                         const QualityBenchOptions& options, SignalSource& signals) {
  const std::vector<TokenId> tokens =
      model.vocabulary().tokenize(text, SpecialTokens::kAsText, BosPolicy::kNever);
  const auto window = static_cast<std::size_t>(options.window);
  const std::size_t count =
      std::min(tokens.size() / window, static_cast<std::size_t>(options.windows_max));
  if (count == 0 || options.window >= model.context_length()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("a window of {} tokens; the text has {}, the context {}", window,
                            tokens.size(), model.context_length()),
                "window");
  }
  ProgressBar bar("scoring", system_clock());
  Score score;
  for (std::size_t i = 0; i < count; ++i) {
    TRY_STATUS(score_window(model, std::span(tokens).subspan(i * window, window), score));
    bar.show(static_cast<double>(i + 1) / static_cast<double>(count));
    if (signals.take()) return fail(ErrorCode::kCancelled, "stopped");
  }
  return score;
}

void append(Report& report, std::string_view name, const Score& score) {
  report.text += fmt::format("{:<8} perplexity {:.4f} ± {:.4f} over {} tokens\n", name,
                             score.perplexity(), score.standard_error(), score.count);
  report.json.set(name, Json::object({{"perplexity", score.perplexity()},
                                      {"standard_error", score.standard_error()},
                                      {"token_count", score.count}}));
}

}  // namespace

Result<Report> bench_quality(const AppConfig& config, const QualityBenchOptions& options) {
  TRY(const std::string text, read_file(options.text, kTextBytesMax));
  TRY(const auto signals, SignalSource::open());
  const auto measure = [&](bool inexact) -> Result<Score> {
    AppConfig wanted = config;
    wanted.inexact_layout = inexact;
    TRY(const Local local, load_local(wanted, options.model, *signals));
    return score_text(*local.model, text, options, *signals);
  };
  Report report{.text = "", .json = Json::object()};
  TRY(const Score exact, measure(false));
  append(report, "exact", exact);
  if (!config.inexact_layout) return report;
  TRY(const Score inexact, measure(true));
  append(report, "inexact", inexact);
  const double percent = 100 * (inexact.perplexity() / exact.perplexity() - 1);
  report.text += fmt::format("the inexact layout costs {:+.3f} % perplexity\n", percent);
  report.json.set("cost_percent", percent);
  return report;
}

}  // namespace diptych
