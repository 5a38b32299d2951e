#include "image/pipeline/tiny_decoder.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "formats/diffusers_folder.h"
#include "image/models/tiny_vae.h"

namespace diptych {

Result<TinyDecoder> TinyDecoder::open(const Path& folder, const PictureModel& model) {
  TRY(ComponentFiles files, open_component(folder));
  const Json& name = files.config["_class_name"];
  if (!name.is_string() || name.as_string() != "AutoencoderTiny")
    return fail(ErrorCode::kUnsupported,
                fmt::format("{}: not an AutoencoderTiny", folder.string()));
  Warnings warnings;  // of members that decoding does not need
  TRY(TinyVaeConfig config, parse_tiny_vae_config(files.config, warnings));
  const int channels = model.vae_config().latent_channels;
  if (config.latent_channels != channels)
    return fail(ErrorCode::kUnsupported,
                fmt::format("{}: decodes {} channels; the model has {}", folder.string(),
                            config.latent_channels, channels));
  return TinyDecoder({.weights = std::move(files.weights),
                      .config = std::move(files.config),
                      .files = std::move(files.files)},
                     std::move(config));
}

Result<Tensor> TinyDecoder::decode(PictureModel& model, const Tensor& latents,
                                   const std::stop_token& stop) const {
  const VaeShape shape{.batch = 1,
                       .height = static_cast<int>(latents.shape[2]),
                       .width = static_cast<int>(latents.shape[3])};
  TRY(Program* const program,
      model.program_beside(part_, fmt::format("tiny {}x{}", shape.height, shape.width),
                           [&] { return build_tiny_vae_decoder(*part_.weights, config_, shape); }));
  const std::int64_t factor = config_.reduction();
  Tensor image(Shape{1, config_.out_channels, shape.height * factor, shape.width * factor});
  TRY_STATUS(program->run(std::vector{input("latents", latents.values)},
                          std::vector{output("image", image.values)}, stop));
  return image;
}

}  // namespace diptych
