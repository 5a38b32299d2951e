// Small models with the less common settings (tests/golden/make_model_variants.py) against
// diffusers 0.42, on every back end of this build.

#include "formats/config_json.h"
#include "formats/safetensors.h"
#include "image/models/golden_fixture.h"
#include "image/models/kl_vae.h"
#include "image/models/tiny_vae.h"
#include "image/models/unet.h"

namespace diptych {
namespace {

struct Variant {
  std::shared_ptr<const SafetensorsFile> weights;
  Json config;
  Npz golden;
  const Tensor64& operator[](const std::string& name) const { return golden.at(name); }
};

Variant load(const std::string& name) {
  const Path folder = Path(DIPTYCH_TEST_DATA) / "model_variants";
  return {expect_value(SafetensorsFile::open(folder / (name + ".safetensors"))),
          expect_value(read_config_json(folder / (name + ".json"))),
          expect_value(read_npz(folder / (name + ".npz")))};
}

UnetShape unet_shape(const Variant& variant) {
  const Shape& sample = variant["sample"].shape;
  return {.batch = static_cast<int>(sample[0]),
          .height = static_cast<int>(sample[2]),
          .width = static_cast<int>(sample[3]),
          .context_tokens = static_cast<int>(variant["context"].shape[1])};
}

VaeShape vae_shape(const Tensor64& values) {
  return {.batch = static_cast<int>(values.shape[0]),
          .height = static_cast<int>(values.shape[2]),
          .width = static_cast<int>(values.shape[3])};
}

class ModelVariants : public OnEveryBackend {
 protected:
  ModelRun unet(const Variant& variant, const UnetShape& shape) {
    const auto config = expect_config(parse_unet_config, variant.config);
    ModelRun run(backend(), build_unet(*variant.weights, config, shape), *variant.weights);
    for (const char* name : {"sample", "timestep", "context"}) run.with(name, variant[name]);
    return run;
  }
};

TEST_P(ModelVariants, UnetWithGuidanceAndOddSides) {
  const Variant variant = load("unet_guided");
  const auto out =
      unet(variant, unet_shape(variant)).with("guidance_embedding", variant["guidance"]).run();
  expect_near("UNet", out.at("out"), variant["out"]);
}

TEST_P(ModelVariants, UnetWithBlocksThatDiffer) {
  const Variant variant = load("unet_asymmetric");
  const auto out = unet(variant, unet_shape(variant)).run();
  expect_near("UNet", out.at("out"), variant["out"]);
}

TEST_P(ModelVariants, UnetTakesControlResiduals) {
  const Variant variant = load("unet_asymmetric");
  UnetShape shape = unet_shape(variant);
  shape.control = ControlResiduals::kInputs;
  ModelRun run = unet(variant, shape);
  for (const auto& [name, values] : variant.golden)
    if (name.find("_residual") != std::string::npos) run.with(name, values);
  expect_near("UNet", run.run().at("out"), variant["controlled"]);
}

TEST_P(ModelVariants, UnetWithoutMiddleTakesSizesAndPooledText) {
  const Variant variant = load("unet_without_mid");
  UnetShape shape = unet_shape(variant);
  shape.time_ids = static_cast<int>(variant["time_ids"].shape[1]);
  ModelRun run = unet(variant, shape);
  run.with("pooled", variant["pooled"]).with("time_ids", variant["time_ids"]);
  expect_near("UNet", run.run().at("out"), variant["out"]);
}

TEST_P(ModelVariants, KlVaeWithoutAttentionAndOuterConvolutions) {
  const Variant variant = load("kl_vae_plain");
  const auto config = expect_config(parse_kl_vae_config, variant.config);
  const auto& weights = *variant.weights;
  const auto encoder = build_vae_encoder(weights, config, vae_shape(variant["image"]));
  const auto moments = ModelRun(backend(), encoder, weights).with("image", variant["image"]).run();
  expect_near("mean", moments.at("mean"), variant["mean"]);
  expect_near("logvar", moments.at("logvar"), variant["logvar"]);
  const auto decoder = build_vae_decoder(weights, config, vae_shape(variant["latents"]));
  const auto decoded =
      ModelRun(backend(), decoder, weights).with("latents", variant["latents"]).run();
  expect_near("decoded", decoded.at("image"), variant["decoded"]);
}

TEST_P(ModelVariants, TinyVae) {
  const Variant variant = load("tiny_vae");
  const auto config = expect_config(parse_tiny_vae_config, variant.config);
  const auto& weights = *variant.weights;
  const auto encoder = build_tiny_vae_encoder(weights, config, vae_shape(variant["image"]));
  const auto encoded = ModelRun(backend(), encoder, weights).with("image", variant["image"]).run();
  expect_near("encoded", encoded.at("latents"), variant["encoded"]);
  const auto decoder = build_tiny_vae_decoder(weights, config, vae_shape(variant["latents"]));
  const auto decoded =
      ModelRun(backend(), decoder, weights).with("latents", variant["latents"]).run();
  expect_near("decoded", decoded.at("image"), variant["decoded"]);
}

INSTANTIATE_TEST_SUITE_P(Backends, ModelVariants, testing::ValuesIn(kBackends), name_of_row);

}  // namespace
}  // namespace diptych
