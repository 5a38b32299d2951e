#include "jobs/pictures/picture_preview.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "formats/picture.h"
#include "image/diffusion/preview.h"
#include "image/pipeline/autoencode.h"
#include "image/pipeline/batch_rows.h"
#include "image/pixels/picture_tensor.h"
#include "image/pixels/resize.h"

namespace diptych {
namespace {

constexpr int kSideMax = 256;
constexpr int kQuality = 80;
// Decoding with such an autoencoder costs less than a tenth of its model's step.
constexpr std::uint64_t kSmallAutoencoder = std::uint64_t{16} << 20;

struct TinyDecoderRow {
  std::string_view family, folder;
};
constexpr TinyDecoderRow kTinyDecoders[] = {
    {"sd1", "taesd"}, {"sd2", "taesd"}, {"sdxl", "taesdxl"}};

std::string_view base_family(const PictureModel& model) {
  const std::string_view family = model.checkpoint().family;
  return family.substr(0, family.find('-'));  // "sd1-inpaint"
}

Result<Picture> by_tiny_decoder(PictureModel& model, const TinyDecoder& tiny, const Tensor64& one,
                                const std::stop_token& stop) {
  TRY(const Tensor image, tiny.decode(model, cast_tensor<float>(one), stop));
  return tensor_to_picture(image);
}

Result<Picture> by_autoencoder(PictureModel& model, const Tensor64& one,
                               const std::stop_token& stop) {
  TRY(const Tensor image,
      decode_latents(model, cast_tensor<float>(one), {.tiling = Tiling::kNever}, stop));
  return tensor_to_picture(image);
}

Result<Picture> by_latents(const PictureModel& model, const Tensor64& one) {
  const PreviewRow* const row = find_preview(base_family(model));
  if (row == nullptr)
    return fail(ErrorCode::kUnsupported,
                "there is no preview for models of the family " + model.checkpoint().family);
  TRY(PreviewPicture preview, preview_of(*row, one, 0));
  Picture picture(preview.width, preview.height, 3);
  picture.pixels = std::move(preview.rgb);
  return picture;
}

// As the picture of this size will look, no larger than a preview.
Picture fitted(const Picture& picture, int width, int height) {
  const double scale = std::min(1.0, static_cast<double>(kSideMax) / std::max(width, height));
  const auto scaled = [scale](int side) { return std::max(1, static_cast<int>(side * scale)); };
  return resize(picture, scaled(width), scaled(height), ResizeFilter::kBilinear);
}

}  // namespace

std::optional<TinyDecoder> find_tiny_decoder(const Path& models_folder, const PictureModel& model) {
  const auto* const row =
      std::ranges::find(kTinyDecoders, base_family(model), &TinyDecoderRow::family);
  if (row == std::end(kTinyDecoders)) return std::nullopt;
  const Path folder = models_folder / "vae-approx" / row->folder;
  std::error_code ignored;
  if (!std::filesystem::exists(folder, ignored)) return std::nullopt;
  auto decoder = TinyDecoder::open(folder, model);
  if (decoder) return std::move(*decoder);
  log_warn("no previews by a tiny autoencoder: {}", decoder.error().message);
  return std::nullopt;
}

Result<JobPreview> make_preview(PictureModel& model, const TinyDecoder* tiny,
                                const Tensor64& denoised, const std::stop_token& stop) {
  const Tensor64 one = row_of(denoised, 0);
  const int factor = model.vae_config().reduction();
  const bool small = model.checkpoint().vae.weights->bytes_in_all() <= kSmallAutoencoder;
  TRY(const Picture picture, tiny != nullptr ? by_tiny_decoder(model, *tiny, one, stop)
                             : small         ? by_autoencoder(model, one, stop)
                                             : by_latents(model, one));
  const Picture shown = fitted(picture, static_cast<int>(one.shape[3]) * factor,
                               static_cast<int>(one.shape[2]) * factor);
  TRY(EncodedPicture file,
      encode_picture(shown, {.format = PictureFormat::kJpeg, .quality = kQuality}));
  return JobPreview{.bytes = std::make_shared<const std::string>(std::move(file.bytes)),
                    .content_type = std::string(mime_type_of(PictureFormat::kJpeg))};
}

}  // namespace diptych
