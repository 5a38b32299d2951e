#include "image/pipeline/init_image.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "image/pipeline/autoencode.h"
#include "image/pixels/alpha.h"
#include "image/pixels/blur.h"
#include "image/pixels/fit.h"
#include "image/pixels/inpaint_fill.h"
#include "image/pixels/mask.h"
#include "image/pixels/picture_tensor.h"
#include "image/pixels/resize.h"

namespace diptych {
namespace {

FitMode fit_mode(ResizeMode mode) {
  switch (mode) {
    case ResizeMode::kCrop:
      return FitMode::kCrop;
    case ResizeMode::kFill:
      return FitMode::kFill;
    default:
      return FitMode::kStretch;
  }
}

// A mask twice as bright: where it is at least half white, the drawn picture is taken whole.
Picture brightened(Picture mask) {
  for (std::uint8_t& level : mask.pixels)
    level = static_cast<std::uint8_t>(std::min(255, level * 2));
  return mask;
}

Picture read_mask(const Inpaint& inpaint, const Picture& picture) {
  Picture mask = make_mask(inpaint.mask, picture.width, picture.height);
  if (inpaint.inverted) mask = invert_mask(std::move(mask));
  return inpaint.blur > 0 ? blur_gaussian(mask, inpaint.blur, inpaint.blur) : mask;
}

Status crop_to_mask(PreparedInit& prepared, const Inpaint& inpaint, int width, int height) {
  const Picture& whole = prepared.original;
  const auto box = find_mask_box(*prepared.mask, inpaint.padding);
  if (!box)
    return fail(ErrorCode::kInvalidArgument,
                "the mask covers nothing, and only what it covers is to be drawn", "mask");
  prepared.region = expand_to_aspect(*box, {width, height, whole.width, whole.height});
  prepared.picture = fit(crop(whole, *prepared.region), width, height, FitMode::kFill);
  prepared.mask = fit(crop(*prepared.mask, *prepared.region), width, height, FitMode::kFill);
  return {};
}

// Of what the mask says, for each latent pixel: 1 is drawn anew.
std::vector<double> latent_share(const Picture& mask, const Shape& latents, bool soft) {
  const Picture small = resize(mask, static_cast<int>(latents[3]), static_cast<int>(latents[2]),
                               ResizeFilter::kBicubic);
  std::vector<double> share;
  for (const std::uint8_t level : small.pixels)
    share.push_back(soft ? level / 255.0 : std::round(level / 255.0));
  return share;
}

}  // namespace

Result<PreparedInit> prepare_init(const InitImage& init, int width, int height) {
  PreparedInit prepared;
  const Picture rgb = to_rgb(init.picture);
  const bool only_masked = init.inpaint && init.inpaint->only_masked;
  if (!init.inpaint || !only_masked) {
    const FitMode mode = fit_mode(init.resize);
    prepared.picture = fit(rgb, width, height, mode);
    prepared.original = prepared.picture;
    if (!init.inpaint) return prepared;
    prepared.mask = fit(read_mask(*init.inpaint, rgb), width, height, mode);
    prepared.overlay_mask = brightened(*prepared.mask);
  } else {
    prepared.original = rgb;
    prepared.mask = read_mask(*init.inpaint, rgb);
    prepared.overlay_mask = *prepared.mask;
    TRY_STATUS(crop_to_mask(prepared, *init.inpaint, width, height));
  }
  if (init.inpaint->content != MaskedContent::kOriginal)
    prepared.picture = fill_from_surroundings(prepared.picture, *prepared.mask);
  return prepared;
}

Picture finish_init(const PreparedInit& init, const Picture& drawn) {
  if (!init.mask) return drawn;
  if (!init.region) return composite(drawn, init.original, init.overlay_mask);
  Picture over = init.original;
  const Box& box = *init.region;
  paste(over, resize(drawn, box.width(), box.height(), ResizeFilter::kLanczos), box.x1, box.y1);
  return composite(over, init.original, init.overlay_mask);
}

Result<InitLatents> encode_init(PictureModel& model, const PreparedInit& prepared,
                                const InitImage& init_image, const std::stop_token& stop) {
  TRY(const Tensor encoded, encode_image(model, picture_to_tensor(prepared.picture), {}, {}, stop));
  InitLatents init{cast_tensor<double>(encoded), {}};
  if (prepared.mask)
    init.share = latent_share(*prepared.mask, init.latents.shape, init_image.inpaint->soft);
  return init;
}

Result<Tensor> inpaint_channels(PictureModel& model, const PreparedInit* prepared,
                                const Shape& latents, const std::stop_token& stop) {
  const int factor = model.vae_config().reduction();
  const int height = static_cast<int>(latents[2]) * factor;
  const int width = static_cast<int>(latents[3]) * factor;
  const Picture mask = prepared != nullptr && prepared->mask ? round_mask(*prepared->mask)
                                                             : Picture(width, height, 1, 255);
  Tensor seen(Shape{1, 3, height, width});  // grey where the mask covers
  if (prepared != nullptr) seen = picture_to_tensor(prepared->picture);
  const auto plane = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  for (std::size_t i = 0; i < seen.size(); ++i)
    if (mask.pixels[i % plane] > 127) seen[i] = 0;
  TRY(const Tensor encoded, encode_image(model, seen, {}, {}, stop));
  const Tensor small =
      resize_planes(mask_to_tensor(mask), static_cast<int>(latents[2]),
                    static_cast<int>(latents[3]), {.filter = PlaneFilter::kNearest});
  Tensor channels(Shape{1, 1 + encoded.shape[1], latents[2], latents[3]}, small.values);
  channels.values.insert(channels.values.end(), encoded.values.begin(), encoded.values.end());
  return channels;
}

}  // namespace diptych
