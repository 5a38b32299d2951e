#include "api/openai/image_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "api/blob_link.h"
#include "api/openai/file_ids.h"
#include "api/picture_input.h"

namespace diptych::openai {
namespace {

constexpr double kEditStrength = 0.75, kFaithfulStrength = 0.5, kMaskedStrength = 1,
                 kVariationStrength = 0.6;
constexpr int kAutoStep = 8;  // sizes that are chosen here fit every model
constexpr std::uint8_t kClear = 0, kDrawnAnew = 255, kKept = 0;

struct QualityRow {
  std::string_view name, told;  // told: in OpenAI's answers
  double steps;                 // times the model's own
};
constexpr QualityRow kQualities[] = {
    {"auto", "medium", 1}, {"low", "low", 0.5},       {"medium", "medium", 1},
    {"high", "high", 1.5}, {"standard", "medium", 1}, {"hd", "high", 1.5},
};

const QualityRow& quality_row(std::string_view name) {
  return *std::ranges::find(kQualities, name, &QualityRow::name);
}

int steps_for(const QualityRow& quality, int model_steps) {
  const int steps = static_cast<int>(std::lround(model_steps * quality.steps));
  return std::clamp(steps, 1, kPictureStepsMax);
}

Result<PictureInput> read_source(PictureSource source, const Call& call, Services& services,
                                 Warnings& warnings) {
  const ApiLimits& limits = services.limits;
  if (!source.bytes.empty())
    return read_picture(std::move(source.bytes), source.path, limits, warnings);
  if (source.file_id.empty()) return read_picture_text(source.text, source.path, limits, warnings);
  auto bytes = read_file_bytes(source.file_id, call.caller, services);
  if (!bytes && bytes.error().code == ErrorCode::kNotFound)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("Invalid '{}': there is no file '{}'.", source.path, source.file_id),
                source.path, "image_file_not_found");
  if (!bytes) return fail(bytes.error());
  return read_picture(std::move(*bytes), source.path, limits, warnings);
}

bool has_clear_part(const Picture& picture) {
  if (picture.channels != 4) return false;
  for (std::size_t i = 3; i < picture.pixels.size(); i += 4)
    if (picture.pixels[i] == kClear) return true;
  return false;
}

// Fully transparent → white, which is drawn anew; the rest black.
Picture mask_of_alpha(const Picture& picture) {
  Picture mask(picture.width, picture.height, 1, kKept);
  for (std::size_t i = 0; i < mask.pixels.size(); ++i)
    if (picture.pixels[4 * i + 3] == kClear) mask.pixels[i] = kDrawnAnew;
  return mask;
}

Result<std::string> keep_mask(PictureSource source, const Picture& image, const Call& call,
                              ImageBody& body, Services& services) {
  const std::string path = source.path;
  TRY(const PictureInput input, read_source(std::move(source), call, services, body.warnings));
  const Picture& mask = input.decoded.picture;
  if (mask.width != image.width || mask.height != image.height)
    return invalid_value(path,
                         fmt::format("Invalid '{}': the mask has {}×{} pixels, the picture "
                                     "{}×{}.",
                                     path, mask.width, mask.height, image.width, image.height));
  if (mask.channels != 4)
    return invalid_value(path, fmt::format("Invalid '{}': the mask has no alpha channel; what is "
                                           "fully transparent is drawn anew.",
                                           path));
  if (!has_clear_part(mask))
    return invalid_value(path,
                         fmt::format("Invalid '{}': no part of the mask is fully transparent, so "
                                     "nothing would be drawn.",
                                     path));
  return keep_picture(mask_of_alpha(mask), *services.pictures);
}

// The picture's aspect at the area the model was trained at.
SizeWish size_like(const Picture& picture, const ModelDefaults& defaults) {
  const double area = static_cast<double>(defaults.width) * defaults.height;
  const double scale = std::sqrt(area / (static_cast<double>(picture.width) * picture.height));
  const auto side = [scale](int pixels) {
    const auto steps = static_cast<int>(std::lround(pixels * scale / kAutoStep));
    return std::clamp(steps * kAutoStep, 8 * kAutoStep, kPictureSideMax);
  };
  return {side(picture.width), side(picture.height)};
}

Status add_source(ImageBody& body, ImageTask task, const Call& call, Services& services) {
  TRY(const PictureModelEntry model, find_picture_model(body.picture.model, *services.pictures));
  PictureSource source = std::move(body.images.front());
  const std::string path = source.path;
  TRY(const PictureInput input, read_source(std::move(source), call, services, body.warnings));
  const Picture& picture = input.decoded.picture;
  TRY(body.picture.init_blob, keep_picture(input, *services.pictures));
  InitImage& init = body.picture.request.init.emplace();
  init.resize = ResizeMode::kCrop;
  init.denoising_strength = task == ImageTask::kVary ? kVariationStrength
                            : body.high_fidelity     ? kFaithfulStrength
                                                     : kEditStrength;
  if (body.mask) {
    TRY(body.picture.mask_blob, keep_mask(std::move(*body.mask), picture, call, body, services));
    init.inpaint.emplace();
    init.inpaint->content = MaskedContent::kFill;
    if (!body.high_fidelity) init.denoising_strength = kMaskedStrength;
  } else if (has_clear_part(picture)) {
    body.warnings.push_back(
        {path, "Transparent parts are taken as white; to have them drawn anew, send a mask."});
  }
  if (body.denoising_strength) init.denoising_strength = *body.denoising_strength;
  if (body.picture.width) return {};
  const SizeWish size = size_like(picture, model.defaults);
  body.picture.width = size.width;
  body.picture.height = size.height;
  return {};
}

}  // namespace

Result<ImageOrder> make_image_order(ImageBody body, ImageTask task, const Call& call,
                                    Services& services) {
  TRY(PictureServices * pictures, get_pictures(services));
  TRY(const PictureModelEntry model, find_picture_model(body.picture.model, *pictures));
  if (task != ImageTask::kGenerate) TRY_STATUS(add_source(body, task, call, services));
  const QualityRow& quality = quality_row(body.quality);
  if (!body.picture.steps) body.picture.steps = steps_for(quality, model.defaults.steps);
  body.picture.request.batch_count = body.count;
  if (body.picture.format == PictureFormat::kWebp) body.picture.lossless = false;
  if (body.partial_images > 0)
    body.picture.preview_every = std::max(1, *body.picture.steps / (body.partial_images + 1));
  ImageOrder made;
  TRY(made.order, make_picture_order(std::move(body.picture), call, services));
  const PictureJob& job = made.order.job;
  made.shape = {.job = {},
                .model = job.model,
                .size = fmt::format("{}x{}", job.request.width, job.request.height),
                .quality = std::string(quality.told),
                .format = std::string(name_of(job.file)),
                .base_url = body.url ? base_url_of(call, services) : "",
                .created = services.clock.unix_seconds(),
                .warnings = std::move(body.warnings)};
  std::ranges::move(made.order.warnings, std::back_inserter(made.shape.warnings));
  return made;
}

}  // namespace diptych::openai
