#include "image/pipeline/drawing_request.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "image/pipeline/hires.h"

namespace diptych {
namespace {

struct Limit {
  std::string_view field;
  double value, low, high;
};

Status check_limit(const Limit& limit) {
  if (limit.value >= limit.low && limit.value <= limit.high) return {};
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{} is {}; it must be from {} to {}", limit.field, limit.value, limit.low,
                          limit.high),
              std::string(limit.field));
}

constexpr int kSideMax = 4096, kStepsMax = 500, kBatchMax = 16, kCountMax = 1000;
constexpr double kCfgMax = 100;

Status check_size(std::string_view field, int size, int multiple) {
  TRY_STATUS(check_limit({field, static_cast<double>(size), static_cast<double>(8 * multiple),
                          static_cast<double>(kSideMax)}));
  if (size % multiple == 0) return {};
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{} is {}; it must be a multiple of {}", field, size, multiple),
              std::string(field));
}

Status check_picture(std::string_view field, const Picture& picture) {
  if (!picture.pixels.empty()) return {};
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{} is {}x{}: no picture", field, picture.width, picture.height),
              std::string(field));
}

Status check_init(const InitImage& init) {
  TRY_STATUS(check_picture("init_images", init.picture));
  if (init.resize == ResizeMode::kLatent)
    return fail(ErrorCode::kUnsupported,
                "resize_mode is 3, which resizes latents; there are 0, 1 and 2", "resize_mode");
  TRY_STATUS(check_limit({"denoising_strength", init.denoising_strength, 0, 1}));
  if (!init.inpaint) return {};
  TRY_STATUS(check_picture("mask", init.inpaint->mask));
  TRY_STATUS(check_limit({"mask_blur", init.inpaint->blur, 0, 256}));
  return check_limit(
      {"inpaint_full_res_padding", static_cast<double>(init.inpaint->padding), 0, 1024});
}

Status check_hires(const Hires& hires, int multiple) {
  TRY_STATUS(check_size("hr_resize_x", hires.width, multiple));
  TRY_STATUS(check_size("hr_resize_y", hires.height, multiple));
  TRY_STATUS(check_limit({"hr_second_pass_steps", static_cast<double>(hires.steps), 0, kStepsMax}));
  TRY_STATUS(check_limit({"denoising_strength", hires.denoising_strength, 0, 1}));
  TRY_STATUS(check_limit({"hr_cfg", hires.cfg_scale.value_or(1), 0, kCfgMax}));
  TRY(const HiresUpscalerRow* row, get_hires_upscaler(hires.upscaler));
  static_cast<void>(row);
  return {};
}

// What was asked for and changes nothing.
Warnings unused_settings(const ImageRequest& request, const PromptPlan& plan,
                         const PictureModel& model) {
  Warnings unused;
  const std::vector<PromptPart>& parts = plan.positive.parts;
  if (request.cfg_rescale > 0 && parts.size() > 1)
    unused.push_back({"cfg_rescale", "cfg_rescale is not applied to prompts joined by AND"});
  const bool unguided = request.cfg_scale == 1 || model.unet_config().guidance_channels > 0;
  if (unguided && !plan.negative.text.empty() && parts.size() == 1 && parts[0].weight == 1)
    unused.push_back({"negative_prompt", "without guidance the negative prompt changes nothing"});
  if (request.clip_skip > 1 && model.is_xl())
    unused.push_back({"clip_skip",
                      "an XL model reads its encoders' second last layers whatever "
                      "clip_skip is"});
  return unused;
}

SamplerChoice choice_of(const ImageRequest& request, const PictureModel& model) {
  return {.sampler = request.sampler,
          .schedule = request.schedule,
          .options = {.eta = request.eta},
          .schedule_options = {.sdxl = model.is_xl()},
          .model_scheduler = model.scheduler()};
}

Status check_limits(const ImageRequest& request, const PictureModel& model) {
  const int multiple = model.vae_config().reduction();
  TRY_STATUS(check_size("width", request.width, multiple));
  TRY_STATUS(check_size("height", request.height, multiple));
  const int layers = model.text_parts().front().config.layers;
  for (const Limit& limit : {
           Limit{"steps", static_cast<double>(request.steps), 1, kStepsMax},
           Limit{"cfg_scale", request.cfg_scale, 0, kCfgMax},
           Limit{"cfg_rescale", request.cfg_rescale, 0, 1},
           Limit{"batch_size", static_cast<double>(request.batch_size), 1, kBatchMax},
           Limit{"n_iter", static_cast<double>(request.batch_count), 1, kCountMax},
           Limit{"clip_skip", static_cast<double>(request.clip_skip), 1,
                 static_cast<double>(layers)},
           Limit{"eta", request.eta.value_or(0), 0, 10},
           Limit{"subseed_strength", request.variation ? request.variation->strength : 0, 0, 1},
           Limit{"seed_resize_from_w", static_cast<double>(request.seed_resize_width), 0, kSideMax},
           Limit{"seed_resize_from_h", static_cast<double>(request.seed_resize_height), 0,
                 kSideMax},
       })
    TRY_STATUS(check_limit(limit));
  if (request.init) TRY_STATUS(check_init(*request.init));
  if (request.hires) TRY_STATUS(check_hires(*request.hires, multiple));
  if (request.hires && request.init)
    return fail(ErrorCode::kUnsupported, "a second pass over an init image is not supported",
                "enable_hr");
  return {};
}

}  // namespace

Result<DrawingPlans> plan_drawing(const ImageRequest& request, const PictureModel& model) {
  TRY_STATUS(check_limits(request, model));
  DrawingPlans plans;
  TRY(plans.first, plan_pass(model, first_pass(request, model)));
  if (!request.hires) return plans;
  Result<SamplingPlan> second = plan_pass(model, second_pass(request, model));
  if (!second) {
    Error error = second.error();
    if (error.param == "sampler_name" || error.param == "scheduler") error.param.insert(0, "hr_");
    return fail(std::move(error));
  }
  plans.second = std::move(*second);
  return plans;
}

int pictures_at_once(const ImageRequest& request, const DrawingPlans& plans) {
  const bool coupled = plans.first.solver->traits.couples_batch ||
                       (plans.second && plans.second->solver->traits.couples_batch);
  return coupled ? 1 : request.batch_size;
}

Pass first_pass(const ImageRequest& request, const PictureModel& model) {
  Pass pass{.width = request.width,
            .height = request.height,
            .steps = request.steps,
            .guidance = {request.cfg_scale, request.cfg_rescale},
            .sampler = choice_of(request, model)};
  if (request.init) {
    pass.strength = request.init->denoising_strength;
    if (request.init->inpaint) pass.masked_content = request.init->inpaint->content;
  }
  return pass;
}

Pass second_pass(const ImageRequest& request, const PictureModel& model) {
  const Hires& hires = *request.hires;
  Pass pass = first_pass(request, model);
  pass.width = hires.width;
  pass.height = hires.height;
  if (hires.steps > 0) pass.steps = hires.steps;
  if (hires.cfg_scale) pass.guidance.cfg_scale = *hires.cfg_scale;
  if (!hires.sampler.empty()) pass.sampler.sampler = hires.sampler;
  if (!hires.schedule.empty()) pass.sampler.schedule = hires.schedule;
  pass.strength = hires.denoising_strength;
  pass.rule = StrengthRule::kAllSteps;
  return pass;
}

PassPrompts first_prompts(const ImageRequest& request) {
  return {request.prompt, request.negative_prompt, request.steps, 0};
}

PassPrompts second_prompts(const ImageRequest& request) {
  const Hires& hires = *request.hires;
  return {hires.prompt.value_or(request.prompt),
          hires.negative_prompt.value_or(request.negative_prompt),
          hires.steps > 0 ? hires.steps : request.steps, request.steps};
}

Result<PromptPlan> plan_prompts(const ImageRequest& request, const PassPrompts& prompts,
                                std::uint64_t seed, const PictureModel& model) {
  const ClipTokenizer& tokenizer = model.text_parts().front().tokenizer;
  const PromptRequest wanted{.prompt = prompts.prompt,
                             .negative_prompt = prompts.negative_prompt,
                             .seed = seed,
                             .attention = request.prompt_parser,
                             .emphasis = request.emphasis,
                             .steps = prompts.steps,
                             .base_steps = prompts.base_steps};
  TRY(PromptPlan plan,
      plan_prompt(wanted, [&tokenizer](std::string_view text) { return tokenizer.encode(text); }));
  for (const NetworkTag& tag : plan.networks)
    plan.warnings.push_back(
        {"prompt",
         fmt::format("the network '{}' was not applied: this build loads none", tag.name)});
  add_warnings(plan.warnings, unused_settings(request, plan, model));
  return plan;
}

std::uint64_t seed_of(const ImageRequest& request, int index) {
  const auto first = static_cast<std::uint64_t>(request.seed);
  const bool varies = request.variation && request.variation->strength > 0;
  return varies ? first : first + static_cast<std::uint64_t>(index);
}

NoiseOptions noise_of(const ImageRequest& request, int first, int count) {
  NoiseOptions options{.source = request.noise,
                       .seed = seed_of(request, first),
                       .image_count = count,
                       .resize_from_width = request.seed_resize_width,
                       .resize_from_height = request.seed_resize_height,
                       .eta_seed_delta = request.eta_noise_seed_delta};
  if (request.variation) {
    options.variation_seed =
        static_cast<std::uint64_t>(request.variation->seed) + static_cast<std::uint64_t>(first);
    options.variation_strength = request.variation->strength;
  }
  return options;
}

DrawnFacts facts_of(const ImageRequest& request, int index, const PictureModel& model,
                    const SamplingPlan& plan) {
  DrawnFacts facts{.seed = seed_of(request, index),
                   .sampler = std::string(plan.solver->name),
                   .schedule = plan.schedule,
                   .model = model.name(),
                   .version = "Diptych " DIPTYCH_VERSION};
  if (request.variation)
    facts.variation_seed =
        static_cast<std::uint64_t>(request.variation->seed) + static_cast<std::uint64_t>(index);
  return facts;
}

void add_warnings(Warnings& to, const Warnings& from) {
  for (const Warning& warning : from) {
    const bool known = std::ranges::any_of(to, [&](const Warning& other) {
      return other.param == warning.param && other.message == warning.message;
    });
    if (!known) to.push_back(warning);
  }
}

}  // namespace diptych
