// A safetensors file of any names and shapes, taken apart as a checkpoint: detection, key maps and
// derived configs never crash, and the parsers of configs can read what was derived.

#include <memory>

#include "base/check.h"
#include "formats/safetensors.h"
#include "fuzz_target.h"
#include "image/models/checkpoint_layouts.h"
#include "image/models/clip_text_config.h"
#include "image/models/kl_vae_config.h"
#include "image/models/unet_config.h"

namespace {

class Bytes final : public diptych::WeightSource {
 public:
  Bytes(diptych::SafetensorsHeader header, std::span<const std::byte> file)
      : header_(std::move(header)), file_(file) {}
  std::span<const diptych::WeightInfo> index() const override { return header_.tensors; }
  std::span<const std::byte> bytes(diptych::TensorId tensor) const override {
    return file_.subspan(static_cast<std::size_t>(header_.offsets[tensor.value]),
                         static_cast<std::size_t>(header_.tensors[tensor.value].bytes));
  }

 private:
  diptych::SafetensorsHeader header_;
  std::span<const std::byte> file_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  auto header = diptych::parse_safetensors(bytes);
  if (!header) return 0;
  const diptych::SafetensorsMetadata metadata = header->metadata;
  const auto checkpoint =
      diptych::take_apart({std::make_shared<Bytes>(std::move(*header), bytes), metadata});
  if (!checkpoint) {
    CHECK(!checkpoint.error().message.empty());
    return 0;
  }
  diptych::Warnings warnings;
  if (checkpoint->unet) (void)diptych::parse_unet_config(checkpoint->unet.config, warnings);
  if (checkpoint->vae) (void)diptych::parse_kl_vae_config(checkpoint->vae.config, warnings);
  for (const auto* part : {&checkpoint->text_encoder, &checkpoint->text_encoder_2}) {
    if (*part) (void)diptych::parse_clip_text_config(part->config, warnings);
  }
  return 0;
}
