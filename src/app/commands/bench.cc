#include "app/commands/bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <semaphore>

#include "app/local_model.h"
#include "app/progress_bar.h"

namespace diptych {
namespace {

struct Speed {
  double prefill = 0, decode = 0;  // tokens per second
};

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

GenerationRequest make_request(const TextModel& model, const SpeedOptions& options,
                               int repetition) {
  GenerationRequest request;
  // Every prompt differs from its first token on, so that no earlier one is reused.
  const int size = model.vocabulary().size();
  for (int i = 0; i < options.prompt_tokens; ++i) {
    request.prompt.push_back((1000 + 7919 * (repetition + 1) + 31 * i) % size);
  }
  request.token_count_max = options.generate_tokens;
  request.ignore_end = true;
  request.sampling.temperature = 0;
  request.cache_salt = std::to_string(repetition);
  return request;
}

Result<Speed> measure(TextModel& model, const SpeedOptions& options, int repetition) {
  TRY(const auto stream, model.scheduler().submit(make_request(model, options, repetition)));
  const auto ready = std::make_shared<std::counting_semaphore<>>(0);
  stream->on_ready([ready] { ready->release(); });
  while (!stream->done()) {
    TRY(const std::optional<Delta> delta, stream->poll());
    if (!delta && !stream->done()) ready->acquire();
  }
  const GenerationTimes times = stream->times();
  return Speed{.prefill = options.prompt_tokens / seconds(times.prefill),
               .decode = (options.generate_tokens - 1) / seconds(times.decode)};
}

Status check(const TextModel& model, const SpeedOptions& options) {
  const int wanted = options.prompt_tokens + options.generate_tokens;
  if (wanted <= model.context_length()) return {};
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{} prompt and {} generated tokens do not fit the context of {}",
                          options.prompt_tokens, options.generate_tokens, model.context_length()),
              "prompt-tokens");
}

}  // namespace

Result<Report> bench_speed(const AppConfig& config, const SpeedOptions& options) {
  TRY(const auto signals, SignalSource::open());
  TRY(const Local local, load_local(config, options.model, *signals));
  TRY_STATUS(check(*local.model, options));
  Speed best;
  ProgressBar bar("measuring", system_clock());
  for (int repetition = 0; repetition < options.repetitions; ++repetition) {
    TRY(const Speed speed, measure(*local.model, options, repetition));
    best = {.prefill = std::max(best.prefill, speed.prefill),
            .decode = std::max(best.decode, speed.decode)};
    bar.show(static_cast<double>(repetition + 1) / options.repetitions);
    if (signals->take()) return fail(ErrorCode::kCancelled, "stopped");
  }
  return Report{
      .text = fmt::format(
          "{}: prefill of {} tokens {:.0f} tokens/s, decode {:.1f} tokens/s (best of {})\n",
          local.model->id(), options.prompt_tokens, best.prefill, best.decode, options.repetitions),
      .json = Json::object({{"model", local.model->id()},
                            {"prompt_tokens", options.prompt_tokens},
                            {"generate_tokens", options.generate_tokens},
                            {"repetitions", options.repetitions},
                            {"prefill_tokens_per_second", best.prefill},
                            {"decode_tokens_per_second", best.decode}})};
}

}  // namespace diptych
