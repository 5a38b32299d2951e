#include "image/pipeline/autoencode.h"

#include <algorithm>
#include <utility>

#include "image/pipeline/batch_rows.h"
#include "image/pipeline/tiles.h"

namespace diptych {
namespace {

constexpr std::int64_t kWholePixelsMax = std::int64_t{1024} * 1024;

bool wants_tiles(const AutoencodeOptions& options, std::int64_t height, std::int64_t width) {
  if (std::min(height, width) < options.tile_pixels) return false;  // a tile would not fit
  if (options.tiling == Tiling::kAuto) return height * width > kWholePixelsMax;
  return options.tiling == Tiling::kAlways;
}

VaeShape shape_of(const Tensor& x) {
  return {
      .batch = 1, .height = static_cast<int>(x.shape[2]), .width = static_cast<int>(x.shape[3])};
}

Result<Tensor> decode_whole(PictureModel& model, const Tensor& latents,
                            const std::stop_token& stop) {
  TRY(Program* const program, model.vae_decoder(shape_of(latents)));
  const KlVaeConfig& config = model.vae_config();
  const int factor = config.reduction();
  Tensor image(Shape{1, config.out_channels, latents.shape[2] * factor, latents.shape[3] * factor});
  const std::vector<ProgramInput> inputs = {input("latents", latents.values)};
  const std::vector<ProgramOutput> outputs = {output("image", image.values)};
  TRY_STATUS(program->run(inputs, outputs, stop));
  return image;
}

// Mean and log-variance as one tensor [1, 2·channels, height/8, width/8], so that tiles mix both.
Result<Tensor> encode_whole(PictureModel& model, const Tensor& image, const std::stop_token& stop) {
  TRY(Program* const program, model.vae_encoder(shape_of(image)));
  const KlVaeConfig& config = model.vae_config();
  const int factor = config.reduction();
  Tensor both(
      Shape{1, 2 * config.latent_channels, image.shape[2] / factor, image.shape[3] / factor});
  const std::span values(both.values);
  const std::size_t half = values.size() / 2;
  const std::vector<ProgramInput> inputs = {input("image", image.values)};
  const std::vector<ProgramOutput> outputs = {output("mean", values.first(half)),
                                              output("logvar", values.subspan(half))};
  TRY_STATUS(program->run(inputs, outputs, stop));
  return both;
}

Tensor half_of(const Tensor& both, int half) {
  Tensor one(Shape{1, both.shape[1] / 2, both.shape[2], both.shape[3]});
  std::copy_n(both.values.begin() + half * one.shape.element_count(), one.size(),
              one.values.begin());
  return one;
}

template <class Run>
Result<Tensor> for_each_picture(const Tensor& batch, Run&& run) {
  Tensor all;
  for (std::int64_t i = 0; i < batch.shape[0]; ++i) {
    TRY(const Tensor one, run(row_of(batch, i), i));
    if (i == 0) all.shape = Shape{batch.shape[0], one.shape[1], one.shape[2], one.shape[3]};
    all.values.insert(all.values.end(), one.values.begin(), one.values.end());
  }
  return all;
}

}  // namespace

Result<Tensor> decode_latents(PictureModel& model, const Tensor& latents,
                              const AutoencodeOptions& options, const std::stop_token& stop) {
  const int factor = model.vae_config().reduction();
  const auto whole = [&](const Tensor& x) { return decode_whole(model, x, stop); };
  return for_each_picture(latents, [&](const Tensor& one, std::int64_t) -> Result<Tensor> {
    if (!wants_tiles(options, one.shape[2] * factor, one.shape[3] * factor)) return whole(one);
    const int side = options.tile_pixels / factor;
    return run_tiled(one, {.side = side, .overlap = side / 4, .output_scale = factor}, whole);
  });
}

Result<Tensor> encode_image(PictureModel& model, const Tensor& image, const Tensor& noise,
                            const AutoencodeOptions& options, const std::stop_token& stop) {
  const int factor = model.vae_config().reduction();
  const int side = options.tile_pixels / factor;
  const TileGrid grid{.side = side, .overlap = side / 4, .input_scale = factor, .output_scale = 1};
  const auto whole = [&](const Tensor& x) { return encode_whole(model, x, stop); };
  return for_each_picture(image, [&](const Tensor& one, std::int64_t i) -> Result<Tensor> {
    TRY(const Tensor both, wants_tiles(options, one.shape[2], one.shape[3])
                               ? run_tiled(one, grid, whole)
                               : whole(one));
    return draw_latents(model.vae_config().latents, half_of(both, 0), half_of(both, 1),
                        noise.values.empty() ? Tensor{} : row_of(noise, i));
  });
}

}  // namespace diptych
