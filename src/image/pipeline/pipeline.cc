#include "image/pipeline/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "image/pipeline/autoencode.h"
#include "image/pipeline/drawing_request.h"
#include "image/pipeline/hires.h"
#include "image/pipeline/pass.h"
#include "image/pixels/picture_tensor.h"

namespace diptych {
namespace {

using SteadyClock = std::chrono::steady_clock;

class Stopwatch {  // adds what passes until its end
 public:
  explicit Stopwatch(double& seconds) : seconds_(seconds), begin_(SteadyClock::now()) {}
  ~Stopwatch() { seconds_ += std::chrono::duration<double>(SteadyClock::now() - begin_).count(); }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  double& seconds_;
  SteadyClock::time_point begin_;
};

constexpr std::string_view kSkipped = "skipped";  // detail of the error that leaves a batch

// Tells the caller of steps over both passes.
class Reporter final : public StepObserver {
 public:
  Reporter(const DrawHooks& hooks, DrawProgress progress) : hooks_(hooks), progress_(progress) {}

  void begin_pass(int steps_before) { before_ = steps_before; }
  int steps_done() const { return progress_.step; }

  Status step(const Step& step) override {
    progress_.step = before_ + step.index + 1;
    if (hooks_.record != nullptr && hooks_.record->was_kept()) return {};
    if (hooks_.progress) {
      progress_.denoised = &step.denoised;
      TRY_STATUS(hooks_.progress(progress_));
    }
    if (hooks_.skip && hooks_.skip())
      return fail(ErrorCode::kCancelled, "the picture was skipped", {}, std::string(kSkipped));
    return {};
  }

 private:
  const DrawHooks& hooks_;
  DrawProgress progress_;
  int before_ = 0;
};

}  // namespace

// One batch: pictures that are drawn in the same evaluations.
struct Pipeline::Batch {
  const ImageRequest& request;
  const DrawHooks& hooks;
  const DrawingPlans& plans;
  Drawing& drawing;
  const PreparedInit* prepared;  // null: from noise alone
  const InitLatents* init;       // null: the same
  int first = 0, size = 1;       // of its pictures, in the whole request

  Status begin(DrawPhase phase) const { return hooks.phase ? hooks.phase(phase, first) : Status(); }
};

Result<std::vector<PromptTimeline>> Pipeline::encode_prompts(const Batch& batch,
                                                             const PassPrompts& prompts) {
  TRY_STATUS(batch.begin(DrawPhase::kEncoding));
  const Stopwatch watch(batch.drawing.times.encode_prompt);
  std::vector<PromptTimeline> timelines;
  for (int i = 0; i < batch.size; ++i) {
    const std::uint64_t seed = seed_of(batch.request, batch.first + i);
    TRY(const PromptPlan plan, plan_prompts(batch.request, prompts, seed, model_));
    add_warnings(batch.drawing.warnings, plan.warnings);
    const TextEncoding encoding{.emphasis = batch.request.emphasis,
                                .clip_skip = batch.request.clip_skip};
    TRY(PromptTimeline timeline,
        PromptTimeline::encode(encoder_, plan, encoding, batch.hooks.stop));
    timelines.push_back(std::move(timeline));
  }
  model_.release_text_programs();
  return timelines;
}

Result<Tensor64> Pipeline::draw_latents(const Batch& batch, StepObserver& observer) {
  Pass pass = first_pass(batch.request, model_);
  pass.prepared = batch.prepared;
  if (batch.init != nullptr) pass.init = *batch.init;
  TRY(auto prompts, encode_prompts(batch, first_prompts(batch.request)));
  TRY_STATUS(batch.begin(DrawPhase::kDrawing));
  ImageNoise noise(noise_of(batch.request, batch.first, batch.size));
  const Stopwatch watch(batch.drawing.times.denoise);
  return run_pass(model_, pass, batch.plans.first, std::move(prompts),
                  {noise, observer, batch.hooks.stop, batch.hooks.record});
}

Result<Tensor64> Pipeline::draw_hires(const Batch& batch, const Tensor64& latents,
                                      StepObserver& observer) {
  TRY(const Tensor64 larger,
      upscale_latents(model_, latents, *batch.request.hires, batch.hooks.stop));
  TRY(auto prompts, encode_prompts(batch, second_prompts(batch.request)));
  TRY_STATUS(batch.begin(DrawPhase::kDrawing));
  Pass pass = second_pass(batch.request, model_);
  pass.init = InitLatents{larger, {}};
  ImageNoise noise(noise_of(batch.request, batch.first, batch.size));
  const Stopwatch watch(batch.drawing.times.denoise);
  return run_pass(model_, pass, *batch.plans.second, std::move(prompts),
                  {noise, observer, batch.hooks.stop, batch.hooks.record});
}

Status Pipeline::finish(const Batch& batch, const Tensor64& latents) {
  TRY_STATUS(batch.begin(DrawPhase::kDecoding));
  Tensor images;
  {
    const Stopwatch watch(batch.drawing.times.decode);
    TRY(images, decode_latents(model_, cast_tensor<float>(latents), {}, batch.hooks.stop));
  }
  const Result<std::string> known_hash = model_.short_hash();
  const std::string hash = known_hash.value_or("");
  if (!known_hash)
    add_warnings(batch.drawing.warnings, {{"model",
                                           "the picture's parameters lack the model's "
                                           "hash: " +
                                               known_hash.error().message}});
  for (int i = 0; i < batch.size; ++i) {
    DrawnPicture drawn{.index = batch.first + i};
    drawn.picture = tensor_to_picture(images, i);
    if (batch.prepared != nullptr) drawn.picture = finish_init(*batch.prepared, drawn.picture);
    drawn.seed = seed_of(batch.request, drawn.index);
    DrawnFacts facts = facts_of(batch.request, drawn.index, model_, batch.plans.first);
    facts.model_hash = hash;
    const WrittenInfotext text = write_infotext(to_infotext(batch.request, facts));
    add_warnings(batch.drawing.warnings, text.warnings);
    drawn.infotext = text.text;
    if (batch.hooks.picture)
      TRY_STATUS(batch.hooks.picture(std::move(drawn)));
    else
      batch.drawing.pictures.push_back(std::move(drawn));
  }
  return {};
}

Result<Drawing> Pipeline::draw(const ImageRequest& request, const DrawHooks& hooks) {
  TRY(const DrawingPlans plans, plan_drawing(request, model_));
  Drawing drawing;
  add_warnings(drawing.warnings, plans.first.warnings);
  if (plans.second) add_warnings(drawing.warnings, plans.second->warnings);
  if (hooks.record != nullptr) add_warnings(drawing.warnings, hooks.record->warnings());
  const int compiled = model_.compile_count();
  {
    const Stopwatch watch(drawing.times.in_all);
    TRY_STATUS(draw_batches(request, hooks, plans, drawing));
  }
  drawing.compile_count = model_.compile_count() - compiled;
  return drawing;
}

Status Pipeline::draw_batches(const ImageRequest& request, const DrawHooks& hooks,
                              const DrawingPlans& plans, Drawing& drawing) {
  const int count = request.batch_count * request.batch_size;
  const int size = pictures_at_once(request, plans);
  const int done = hooks.record != nullptr ? hooks.record->first_picture() : 0;
  std::optional<PreparedInit> prepared;
  std::optional<InitLatents> init;
  if (request.init && done < count) {
    TRY(prepared, prepare_init(*request.init, request.width, request.height));
    TRY(init, encode_init(model_, *prepared, *request.init, hooks.stop));
  }
  for (int first = done; first < count; first += size) {
    if (hooks.record != nullptr) hooks.record->begin_batch(first);
    TRY_STATUS(draw_batch({request, hooks, plans, drawing, prepared ? &*prepared : nullptr,
                           init ? &*init : nullptr, first, size}));
    if (hooks.record != nullptr) hooks.record->finish_batch(first + size, drawing.warnings);
  }
  return {};
}

Status Pipeline::draw_batch(const Batch& batch) {
  const int count = batch.request.batch_count * batch.request.batch_size;
  Reporter reporter(batch.hooks,
                    {.picture = batch.first,
                     .picture_count = count,
                     .batch_size = batch.size,
                     .step_count = batch.plans.first_steps() + batch.plans.second_steps()});
  const auto draw_it = [&]() -> Status {
    TRY(Tensor64 latents, draw_latents(batch, reporter));
    if (batch.request.hires) {
      reporter.begin_pass(batch.plans.first_steps());
      TRY(latents, draw_hires(batch, latents, reporter));
    }
    return finish(batch, latents);
  };
  Status drawn = draw_it();
  if (drawn || drawn.error().detail != kSkipped) return drawn;
  const std::string which = batch.size == 1 ? fmt::format("picture {} was", batch.first + 1)
                                            : fmt::format("pictures {} to {} were", batch.first + 1,
                                                          batch.first + batch.size);
  add_warnings(batch.drawing.warnings,
               {{"skip", fmt::format("{} skipped after step {}", which, reporter.steps_done())}});
  return {};
}

}  // namespace diptych
