// Every model of the reference pipelines against diffusers 0.42 and transformers 5.23, on every
// back end of this build.

#include <algorithm>

#include "formats/config_json.h"
#include "formats/safetensors.h"
#include "formats/weight_view.h"
#include "image/models/clip_text.h"
#include "image/models/golden_fixture.h"
#include "image/models/kl_vae.h"
#include "image/models/unet.h"

namespace diptych {
namespace {

struct Part {
  SharedWeights weights;
  Json config;
};

// Newer transformers leave "text_model." out of the names.
SharedWeights with_prefix(const SharedWeights& weights) {
  WeightViewBuilder view;
  std::uint32_t position = 0;
  for (const WeightInfo& tensor : weights->index()) {
    const bool has_it = tensor.name.starts_with("text_");
    view.add(has_it ? tensor.name : "text_model." + tensor.name, {weights, {position++}});
  }
  return *std::move(view).finish();
}

Part load(const Path& folder) {
  const bool text = folder.filename().string().starts_with("text");
  const Path file = folder / (text ? "model.safetensors" : "diffusion_pytorch_model.safetensors");
  const SharedWeights weights = expect_value(SafetensorsFile::open(file));
  return {text ? with_prefix(weights) : weights,
          expect_value(read_config_json(folder / "config.json"))};
}

std::vector<std::int32_t> token_ids(const Tensor64& ids) {
  return {ids.values.begin(), ids.values.end()};
}

std::vector<std::int32_t> first_ends(const std::vector<std::int32_t>& ids, int end_id) {
  constexpr std::ptrdiff_t kTokens = 77;
  std::vector<std::int32_t> ends;
  for (auto row = ids.begin(); row < ids.end(); row += kTokens)
    ends.push_back(static_cast<std::int32_t>(std::find(row, row + kTokens, end_id) - row));
  return ends;
}

class ModelsGolden : public OnEveryBackend {
 protected:
  Npz golden(const std::string& fixture) {
    return expect_value(read_npz(fixture_folder() / fixture / "golden.npz"));
  }
  Part part(const std::string& fixture, const std::string& name) {
    return load(fixture_folder() / fixture / "pipeline" / name);
  }

  std::map<std::string, Tensor> encode_text(const Part& part, const Tensor64& ids,
                                            std::vector<ClipHidden> hidden) {
    const auto config = expect_config(parse_clip_text_config, part.config);
    ModelRun run(backend(),
                 build_clip_text(*part.weights, config,
                                 {.batch = static_cast<int>(ids.shape[0]),
                                  .hidden = std::move(hidden),
                                  .pooled = PooledVector::kWith}),
                 *part.weights);
    const auto tokens = token_ids(ids);
    const auto end = static_cast<int>(part.config["eos_token_id"].as_int());
    return run.with_ids("ids", tokens).with_ids("end", first_ends(tokens, end)).run();
  }

  ModelRun unet(const Part& part, const Npz& golden) {
    const auto config = expect_config(parse_unet_config, part.config);
    const Tensor64& sample = golden.at("unet_sample");
    const auto batch = sample.shape[0];
    ModelRun run(backend(),
                 build_unet(*part.weights, config,
                            {.batch = static_cast<int>(batch),
                             .height = static_cast<int>(sample.shape[2]),
                             .width = static_cast<int>(sample.shape[3])}),
                 *part.weights);
    run.with("sample", sample);
    run.with("timestep", Tensor64({batch}, golden.at("unet_timestep").values.front()));
    return run;
  }

  void check_stable_diffusion(const std::string& fixture) {
    const Npz expected = golden(fixture);
    const auto text =
        encode_text(part(fixture, "text_encoder"), expected.at("input_ids"),
                    {{.name = "last"},
                     {.name = "penultimate", .from_end = 2, .norm = FinalNorm::kWithout},
                     {.name = "penultimate_normed", .from_end = 2}});
    expect_near("last hidden state", text.at("last"), expected.at("text_last_hidden"));
    expect_near("penultimate", text.at("penultimate"), expected.at("text_penultimate"));
    expect_near("penultimate, normed", text.at("penultimate_normed"),
                expected.at("text_penultimate_normed"));
    expect_near("pooled", text.at("pooled"), expected.at("text_pooled"));

    const auto out =
        unet(part(fixture, "unet"), expected).with("context", expected.at("unet_context")).run();
    expect_near("UNet", out.at("out"), expected.at("unet_out"));
  }
};

TEST_P(ModelsGolden, StableDiffusion1) { check_stable_diffusion("sd1"); }
TEST_P(ModelsGolden, StableDiffusion2WithVPrediction) { check_stable_diffusion("sd2_v"); }
TEST_P(ModelsGolden, Inpainting) { check_stable_diffusion("inpaint"); }

// A token's own vector, given from outside, changes nothing; another one does.
TEST_P(ModelsGolden, InjectedVectorsTakeThePlaceOfTokens) {
  const Part text = part("sd1", "text_encoder");
  const Npz expected = golden("sd1");
  const auto config = expect_config(parse_clip_text_config, text.config);
  const auto ids = token_ids(expected.at("input_ids"));
  const std::int64_t batch = expected.at("input_ids").shape[0];
  const auto tokens = static_cast<std::int64_t>(ids.size()) / batch;
  const std::size_t place = 3;
  const auto width = static_cast<std::size_t>(config.channels);
  const auto table = read_as_f32(
      *text.weights, *text.weights->find("text_model.embeddings.token_embedding.weight"));

  Tensor64 keep({batch, tokens, 1}, 1);
  Tensor64 injected({batch, tokens, config.channels});
  keep[place] = 0;
  for (std::size_t i = 0; i < width; ++i)
    injected[place * width + i] = table[static_cast<std::size_t>(ids[place]) * width + i];
  auto other_ids = ids;
  other_ids[place] = 0;

  const ClipTextShape shape{.batch = static_cast<int>(batch), .vectors = TokenVectors::kInjected};
  ModelRun run(backend(), build_clip_text(*text.weights, config, shape), *text.weights);
  run.with_ids("ids", other_ids).with("keep", keep).with("injected", injected);
  expect_near("last hidden state", run.run().at("hidden"), expected.at("text_last_hidden"));
  injected[place * width] += 1;
  run.with("injected", injected);
  EXPECT_GT(relative_error(run.run().at("hidden"), expected.at("text_last_hidden")), 1e-2);
}

Tensor64 row_of(const Tensor64& values, std::int64_t row) {
  const auto size = static_cast<std::ptrdiff_t>(values.size()) / values.shape[0];
  Shape shape = values.shape;
  shape[0] = 1;
  const auto begin = values.values.begin() + row * size;
  return {shape, std::vector<double>(begin, begin + size)};
}

// [1, t, a] and [1, t, b] → [1, t, a + b]
Tensor join_channels(const Tensor& a, const Tensor& b) {
  const auto wide_a = static_cast<std::ptrdiff_t>(a.shape[2]);
  const auto wide_b = static_cast<std::ptrdiff_t>(b.shape[2]);
  Tensor joined;
  joined.shape = {1, a.shape[1], a.shape[2] + b.shape[2]};
  for (std::ptrdiff_t t = 0; t < a.shape[1]; ++t) {
    const auto from_a = a.values.begin() + t * wide_a;
    const auto from_b = b.values.begin() + t * wide_b;
    joined.values.insert(joined.values.end(), from_a, from_a + wide_a);
    joined.values.insert(joined.values.end(), from_b, from_b + wide_b);
  }
  return joined;
}

// The fixture does not hold its token ids; the other pipelines have the same prompts. Its second
// tokenizer pads as SD 2's does.
TEST_P(ModelsGolden, StableDiffusionXl) {
  const Npz expected = golden("sdxl");
  const Tensor64 ids = golden("sd1").at("input_ids");
  const Tensor64 ids_2 = golden("sd2_v").at("input_ids");
  const std::vector<ClipHidden> penultimate = {{.from_end = 2, .norm = FinalNorm::kWithout}};
  for (const int row : {0, 1}) {
    const std::string sign = row == 0 ? "" : "negative_";
    const auto text = encode_text(part("sdxl", "text_encoder"), row_of(ids, row), penultimate);
    const auto text_2 =
        encode_text(part("sdxl", "text_encoder_2"), row_of(ids_2, row), penultimate);
    expect_near(sign + "prompt", join_channels(text.at("hidden"), text_2.at("hidden")),
                expected.at(sign + "prompt_embeds"));
    expect_near(sign + "pooled", text_2.at("pooled"), expected.at(sign + "pooled"));
  }
  const auto out = unet(part("sdxl", "unet"), expected)
                       .with("context", expected.at("prompt_embeds"))
                       .with("pooled", expected.at("pooled"))
                       .with("time_ids", expected.at("time_ids"))
                       .run();
  expect_near("UNet", out.at("out"), expected.at("unet_out"));
}

TEST_P(ModelsGolden, KlVae) {
  const Npz expected = golden("sd1");
  const Part vae = part("sd1", "vae");
  const auto config = expect_config(parse_kl_vae_config, vae.config);

  const Tensor64& image = expected.at("vae_image");
  const VaeShape pixels{.height = static_cast<int>(image.shape[2]),
                        .width = static_cast<int>(image.shape[3])};
  const auto moments =
      ModelRun(backend(), build_vae_encoder(*vae.weights, config, pixels), *vae.weights)
          .with("image", image)
          .run();
  expect_near("mean", moments.at("mean"), expected.at("vae_mean"));
  expect_near("logvar", moments.at("logvar"), expected.at("vae_logvar"));

  Tensor64 latents = expected.at("vae_z");
  for (double& value : latents.values) value *= config.latents.scale;
  const VaeShape latent{.height = static_cast<int>(latents.shape[2]),
                        .width = static_cast<int>(latents.shape[3])};
  const auto decoded =
      ModelRun(backend(), build_vae_decoder(*vae.weights, config, latent), *vae.weights)
          .with("latents", latents)
          .run();
  expect_near("decoded", decoded.at("image"), expected.at("vae_decoded"));
}

INSTANTIATE_TEST_SUITE_P(Backends, ModelsGolden, testing::ValuesIn(kBackends), name_of_row);

}  // namespace
}  // namespace diptych
