#include "api/sdapi/drawing_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "api/picture_input.h"
#include "api/sdapi/checkpoint.h"
#include "api/sdapi/schedule_names.h"
#include "api/sdapi/second_pass.h"
#include "base/rng.h"
#include "image/pixels/mask.h"
#include "image/samplers/labels.h"
#include "image/samplers/solver_registry.h"

namespace diptych::sdapi {
namespace {

constexpr std::uint64_t kSeedMask = 0xFFFF'FFFF;  // as people write and share seeds

// --- names --------------------------------------------------------------------------------------

Status choose_sampler(DrawingBody& body) {
  const std::string& name = body.sampler_name.empty() ? body.sampler_index : body.sampler_name;
  if (same_label(name, "Default")) {
    body.request.sampler.clear();  // the model's own
  } else if (!name.empty()) {
    TRY_STATUS(get_sampler(name));
    body.request.sampler = name;
  }
  if (!body.scheduler) return {};
  TRY(const ScheduleRow* const row, find_named_schedule(*body.scheduler, "scheduler"));
  body.request.schedule = row != nullptr ? row->name : "";
  return {};
}

Result<std::string> choose_model(DrawingBody& body, PictureCatalog& catalog) {
  constexpr std::string_view kOption = "sd_model_checkpoint";
  if (!body.infotext_model.empty()) {
    if (const auto found = find_checkpoint(body.infotext_model, catalog, kOption)) return found->id;
    body.warnings.push_back(
        {"infotext",
         fmt::format("The model '{}' is not here; another one draws.", body.infotext_model)});
  }
  if (body.options.checkpoint.empty()) return std::string();
  TRY(PictureModelEntry model, find_checkpoint(body.options.checkpoint, catalog, kOption));
  return std::move(model.id);
}

void apply_styles(DrawingBody& body, const Desk& desk) {
  if (body.styles.empty()) return;
  const std::vector<PromptStyle> known = desk.styles();
  for (const std::string& name : body.styles) {
    const auto style = std::ranges::find(known, name, &PromptStyle::name);
    if (style == known.end()) {
      if (name != "None")
        body.warnings.push_back({"styles", fmt::format("There is no style '{}'.", name)});
      continue;
    }
    ImageRequest& request = body.request;
    request.prompt = apply_style(style->prompt, request.prompt, StyleJoin::kComma);
    request.negative_prompt =
        apply_style(style->negative_prompt, request.negative_prompt, StyleJoin::kComma);
  }
}

// --- numbers ------------------------------------------------------------------------------------

std::int64_t chosen_seed(std::optional<std::int64_t> wanted) {
  if (wanted && *wanted >= 0) return *wanted;
  return static_cast<std::int64_t>(entropy64() & kSeedMask);
}

void choose_variation(DrawingBody& body, DrawingOrder& made) {
  ImageRequest& request = body.request;
  const Variation before = request.variation.value_or(Variation{.seed = -1, .strength = 0});
  made.subseed = chosen_seed(body.subseed.value_or(before.seed));
  made.subseed_strength = body.subseed_strength.value_or(before.strength);
  request.variation.reset();
  if (made.subseed_strength > 0)
    request.variation = Variation{.seed = made.subseed, .strength = made.subseed_strength};
}

// --- the init image -----------------------------------------------------------------------------

Result<double> choose_blur(const InitFields& init) {
  if (init.mask_blur) return *init.mask_blur;
  const double x = init.mask_blur_x.value_or(Inpaint{}.blur);
  const double y = init.mask_blur_y.value_or(Inpaint{}.blur);
  if (x == y) return x;
  return unsupported_parameter("mask_blur_y",
                               "A mask is blurred alike in both directions: mask_blur_x must be "
                               "the same.");
}

Result<Inpaint> inpaint_of(const InitFields& init) {
  TRY(const double blur, choose_blur(init));
  return Inpaint{.mask = {},
                 .blur = blur,
                 .inverted = init.inverted,
                 .content = static_cast<MaskedContent>(init.fill),
                 .soft = !init.mask_round,
                 .only_masked = init.only_masked,
                 .padding = init.padding};
}

// The mask is kept as it will be used: one channel, the init image's size.
Status keep_mask(const std::string& text, const Picture& init, Services& services,
                 PictureOrder& order) {
  TRY(const PictureInput mask, read_picture_text(text, "mask", services.limits, order.warnings));
  TRY(order.job.mask_blob,
      keep_picture(make_mask(mask.decoded.picture, init.width, init.height), *services.pictures));
  order.blobs.push_back(order.job.mask_blob);
  return {};
}

Status keep_init(const DrawingBody& body, Services& services, PictureOrder& order) {
  const InitFields& init = body.init;
  TRY(const PictureInput input,
      read_picture_text(init.pictures.front(), "init_images[0]", services.limits, order.warnings));
  TRY(order.job.init_blob, keep_picture(input, *services.pictures));
  order.blobs.push_back(order.job.init_blob);
  InitImage& made = order.job.request.init.emplace();
  made.denoising_strength = body.denoising_strength.value_or(made.denoising_strength);
  made.resize = static_cast<ResizeMode>(init.resize_mode);
  if (init.mask.empty()) return {};
  TRY(made.inpaint, inpaint_of(init));
  return keep_mask(init.mask, input.decoded.picture, services, order);
}

// --- the file -----------------------------------------------------------------------------------

void choose_file(const OptionValues& options, PictureJob& job) {
  job.file = options.format;
  job.quality = options.quality;
  job.lossless = options.webp_lossless;
  job.write_infotext = options.write_infotext;
  job.preview_every = options.preview_every.value_or(0);
}

}  // namespace

Result<DrawingOrder> make_drawing_order(DrawingBody body, const Desk& desk, Services& services) {
  TRY(PictureServices * pictures, get_pictures(services));
  DrawingOrder made;
  PictureOrder& order = made.order;
  TRY_STATUS(choose_sampler(body));
  apply_styles(body, desk);
  TRY(const std::string model, choose_model(body, pictures->catalog));
  TRY(order.model, find_picture_model(model, *pictures));
  TRY_STATUS(choose_sizes(body));
  choose_variation(body, made);
  const std::int64_t before = body.read_infotext ? body.request.seed : -1;
  body.request.seed = chosen_seed(body.seed.value_or(before));
  body.request.init.reset();  // of the infotext: its picture is not in it
  order.job.model = order.model.id;
  order.job.request = std::move(body.request);
  choose_file(body.options, order.job);
  order.warnings = body.warnings;
  if (body.kind == DrawingKind::kImage) TRY_STATUS(keep_init(body, services, order));
  TRY_STATUS(pictures->catalog.check(order.job));
  return made;
}

}  // namespace diptych::sdapi
