#include "image/pipeline/pipeline.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "image/pipeline/autoencode.h"
#include "image/pipeline/drawing_request.h"
#include "image/pipeline/hires.h"
#include "image/pipeline/pass.h"
#include "image/pipeline/request_infotext.h"
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

// Tells the caller of steps over both passes.
class Reporter final : public StepObserver {
 public:
  Reporter(const DrawHooks& hooks, DrawProgress progress) : hooks_(hooks), progress_(progress) {}

  void begin_pass(int steps_before) { before_ = steps_before; }

  Status step(const Step& step) override {
    if (!hooks_.progress) return {};
    progress_.step = before_ + step.index + 1;
    progress_.denoised = &step.denoised;
    return hooks_.progress(progress_);
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
  const InitLatents* init;  // null: from noise alone
  int first = 0, size = 1;  // of its pictures, in the whole request
};

Result<std::vector<PromptTimeline>> Pipeline::encode_prompts(const Batch& batch,
                                                             const PassPrompts& prompts) {
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

Result<Tensor64> Pipeline::draw_latents(const Batch& batch, const PreparedInit* prepared,
                                        StepObserver& observer) {
  Pass pass = first_pass(batch.request, model_);
  pass.prepared = prepared;
  if (prepared != nullptr) pass.init = *batch.init;
  TRY(auto prompts, encode_prompts(batch, first_prompts(batch.request)));
  ImageNoise noise(noise_of(batch.request, batch.first, batch.size));
  const Stopwatch watch(batch.drawing.times.denoise);
  return run_pass(model_, pass, std::move(prompts), {noise, observer, batch.hooks.stop});
}

Result<Tensor64> Pipeline::draw_hires(const Batch& batch, const Tensor64& latents,
                                      StepObserver& observer) {
  TRY(const Tensor64 larger,
      upscale_latents(model_, latents, *batch.request.hires, batch.hooks.stop));
  TRY(auto prompts, encode_prompts(batch, second_prompts(batch.request)));
  Pass pass = second_pass(batch.request, model_);
  pass.init = InitLatents{larger, {}};
  ImageNoise noise(noise_of(batch.request, batch.first, batch.size));
  const Stopwatch watch(batch.drawing.times.denoise);
  return run_pass(model_, pass, std::move(prompts), {noise, observer, batch.hooks.stop});
}

Status Pipeline::finish(const Batch& batch, const Tensor64& latents, const PreparedInit* prepared) {
  Tensor images;
  {
    const Stopwatch watch(batch.drawing.times.decode);
    TRY(images, decode_latents(model_, cast_tensor<float>(latents), {}, batch.hooks.stop));
  }
  for (int i = 0; i < batch.size; ++i) {
    DrawnPicture drawn;
    drawn.picture = tensor_to_picture(images, i);
    if (prepared != nullptr) drawn.picture = finish_init(*prepared, drawn.picture);
    drawn.seed = seed_of(batch.request, batch.first + i);
    const WrittenInfotext text = write_infotext(to_infotext(
        batch.request, facts_of(batch.request, batch.first + i, model_, batch.plans.first)));
    add_warnings(batch.drawing.warnings, text.warnings);
    drawn.infotext = text.text;
    batch.drawing.pictures.push_back(std::move(drawn));
  }
  return {};
}

Result<Drawing> Pipeline::draw(const ImageRequest& request, const DrawHooks& hooks) {
  TRY(const DrawingPlans plans, plan_drawing(request, model_));
  const int size = pictures_at_once(request, plans);
  Drawing drawing;
  add_warnings(drawing.warnings, plans.first.warnings);
  if (plans.second) add_warnings(drawing.warnings, plans.second->warnings);
  const int compiled = model_.compile_count();
  std::optional<PreparedInit> prepared;
  std::optional<InitLatents> init;
  {
    const Stopwatch watch(drawing.times.in_all);
    if (request.init) {
      TRY(prepared, prepare_init(*request.init, request.width, request.height));
      TRY(init, encode_init(model_, *prepared, *request.init, hooks.stop));
    }
    const int count = request.batch_count * request.batch_size;
    for (int first = 0; first < count; first += size) {
      const Batch batch{request, hooks, plans, drawing, init ? &*init : nullptr, first, size};
      TRY_STATUS(draw_batch(batch, prepared ? &*prepared : nullptr));
    }
  }
  drawing.compile_count = model_.compile_count() - compiled;
  return drawing;
}

Status Pipeline::draw_batch(const Batch& batch, const PreparedInit* prepared) {
  Reporter reporter(batch.hooks,
                    {.picture = batch.first,
                     .picture_count = batch.request.batch_count * batch.request.batch_size,
                     .step_count = batch.plans.first_steps() + batch.plans.second_steps()});
  TRY(Tensor64 latents, draw_latents(batch, prepared, reporter));
  if (batch.request.hires) {
    reporter.begin_pass(batch.plans.first_steps());
    TRY(latents, draw_hires(batch, latents, reporter));
  }
  return finish(batch, latents, prepared);
}

}  // namespace diptych
