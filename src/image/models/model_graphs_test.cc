// What holds for every model that is written as a graph: it names exactly the tensors that its
// config promises, in published sizes, and says what does not fit.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "formats/config_json.h"
#include "image/models/clip_text.h"
#include "image/models/kl_vae.h"
#include "image/models/testing/known_configs.h"
#include "image/models/testing/random_weights.h"
#include "image/models/tiny_vae.h"
#include "image/models/unet.h"

namespace diptych {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// An index without values: graphs are built from names and shapes alone.
class Index final : public WeightSource {
 public:
  explicit Index(std::vector<WeightInfo> tensors) : tensors_(std::move(tensors)) {
    std::ranges::sort(tensors_, {}, &WeightInfo::name);
  }
  std::span<const WeightInfo> index() const override { return tensors_; }
  std::span<const std::byte> bytes(TensorId) const override { return {}; }

 private:
  std::vector<WeightInfo> tensors_;
};

std::int64_t parameters(const std::vector<WeightInfo>& tensors) {
  std::int64_t count = 0;
  for (const WeightInfo& tensor : tensors) count += tensor.shape.element_count();
  return count;
}

std::vector<std::string> names(const std::vector<WeightInfo>& tensors) {
  std::vector<std::string> list;
  for (const WeightInfo& tensor : tensors) list.push_back(tensor.name);
  return list;
}

Shape output_shape(const Graph& graph, std::string_view name) {
  for (const GraphOutput& output : graph.outputs())
    if (output.name == name) return graph.node(output.value).shape;
  ADD_FAILURE() << "no output " << name;
  return {};
}

std::vector<std::string> input_names(const Graph& graph) {
  std::vector<std::string> list;
  for (const Value value : graph.inputs()) list.push_back(graph.node(value).name);
  return list;
}

void expect_uses_exactly(const Result<Graph>& graph, const std::vector<WeightInfo>& expected) {
  ASSERT_TRUE(graph) << graph.error().message;
  auto used = graph->weights();
  std::ranges::sort(used);
  EXPECT_EQ(used, names(expected));
}

// Tensors and parameters as diffusers 0.42 counts them.
TEST(ExpectedWeights, AreThoseOfThePublishedModels) {
  const auto sd1 = expected_weights(sd1_unet_config());
  EXPECT_EQ(sd1.size(), 686U);
  EXPECT_EQ(parameters(sd1), 859'520'964);
  EXPECT_EQ(parameters(expected_weights(sd2_unet_config())), 865'910'724);
  const auto sdxl = expected_weights(sdxl_unet_config());
  EXPECT_EQ(sdxl.size(), 1680U);
  EXPECT_EQ(parameters(sdxl), 2'567'463'684);
  EXPECT_EQ(parameters(expected_weights(clip_l_config())), 123'060'480);
  EXPECT_EQ(parameters(expected_weights(clip_big_g_config())), 694'659'840);
  const auto encoder = expected_encoder_weights(stable_diffusion_vae_config());
  const auto decoder = expected_decoder_weights(stable_diffusion_vae_config());
  EXPECT_EQ(encoder.size() + decoder.size(), 248U);
  EXPECT_EQ(parameters(encoder) + parameters(decoder), 83'653'863);
  EXPECT_EQ(parameters(expected_decoder_weights(TinyVaeConfig{})), 1'222'531);
}

TEST(ExpectedWeights, AreWhatTheGraphsUse) {
  for (const UnetConfig& config : {sd1_unet_config(), sd2_unet_config(), sdxl_unet_config()}) {
    const auto expected = expected_weights(config);
    expect_uses_exactly(build_unet(Index(expected), config, {}), expected);
  }
  const auto clip = expected_weights(clip_big_g_config());
  expect_uses_exactly(
      build_clip_text(Index(clip), clip_big_g_config(), {.pooled = PooledVector::kWith}), clip);
  const KlVaeConfig vae = stable_diffusion_vae_config();
  const auto encoder = expected_encoder_weights(vae);
  expect_uses_exactly(build_vae_encoder(Index(encoder), vae, {}), encoder);
  const auto decoder = expected_decoder_weights(vae);
  expect_uses_exactly(build_vae_decoder(Index(decoder), vae, {}), decoder);
  for (const auto naming : {TinyVaeNames::kDiffusers, TinyVaeNames::kIndexed}) {
    const TinyVaeConfig tiny;
    const auto half = expected_decoder_weights(tiny, naming);
    expect_uses_exactly(build_tiny_vae_decoder(Index(half), tiny, {}), half);
    const auto other = expected_encoder_weights(tiny, naming);
    expect_uses_exactly(build_tiny_vae_encoder(Index(other), tiny, {}), other);
  }
}

TEST(TinyVae, OriginalDecoderCountsItsClampAsTheFirstLayer) {
  const auto indexed = names(expected_decoder_weights({}, TinyVaeNames::kIndexed));
  for (const char* name : {"1.weight", "3.conv.0.weight", "19.bias"})
    EXPECT_THAT(indexed, testing::Contains(name));
  EXPECT_THAT(names(expected_encoder_weights({}, TinyVaeNames::kIndexed)),
              testing::Contains("0.weight"));
}

TEST(CheckWeights, NamesTheFirstThatAreMissingAndCountsTheRest) {
  auto tensors = expected_weights(sd1_unet_config());
  std::erase_if(tensors, [](const WeightInfo& tensor) { return tensor.name.starts_with("mid_"); });
  tensors.front().shape = {7};
  const auto graph = build_unet(Index(tensors), sd1_unet_config(), {});
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(
      graph.error().message,
      AllOf(HasSubstr("47 of 686 tensors of the UNet"), HasSubstr("'conv_in.bias' is [7]"),
            HasSubstr("'mid_block.attentions.0.norm.bias' is missing"), HasSubstr("and 42 more")));
}

TEST(Unet, LatentsOfAnySizeKeepIt) {
  const UnetConfig config = sd1_unet_config();
  const Index weights(expected_weights(config));
  for (const auto& [height, width] : {std::pair{64, 64}, {1, 1}, {9, 15}, {63, 33}}) {
    const auto graph = build_unet(weights, config, {.batch = 2, .height = height, .width = width});
    ASSERT_TRUE(graph) << graph.error().message;
    EXPECT_EQ(output_shape(*graph, "out"), (Shape{2, 4, height, width}));
  }
}

TEST(Unet, SizeThatHalvesDownwardsMustComeBack) {
  UnetConfig config = sd1_unet_config();
  config.downsample_padding = 0;
  const Index weights(expected_weights(config));
  EXPECT_TRUE(build_unet(weights, config, {.height = 16, .width = 8}));
  const auto odd = build_unet(weights, config, {.height = 16, .width = 12});
  ASSERT_FALSE(odd);
  EXPECT_EQ(odd.error().param, "size");
}

TEST(Unet, ShapesOutOfRangeAreRefusedByName) {
  const UnetConfig config = sd1_unet_config();
  const Index weights(expected_weights(config));
  const std::pair<UnetShape, std::string> cases[] = {{{.batch = 0}, "batch"},
                                                     {{.height = 0}, "height"},
                                                     {{.width = 1 << 20}, "width"},
                                                     {{.context_tokens = -1}, "context_tokens"}};
  for (const auto& [shape, param] : cases) {
    const auto graph = build_unet(weights, config, shape);
    ASSERT_FALSE(graph) << param;
    EXPECT_EQ(graph.error().param, param);
  }
}

TEST(Unet, InputsAreThoseOfItsConditions) {
  const auto inputs = [](const UnetConfig& config) {
    const auto graph = build_unet(Index(expected_weights(config)), config, {});
    return graph ? input_names(*graph) : std::vector<std::string>{graph.error().message};
  };
  EXPECT_THAT(inputs(sd1_unet_config()), ElementsAre("sample", "timestep", "context"));
  EXPECT_THAT(inputs(sdxl_unet_config()),
              ElementsAre("sample", "timestep", "pooled", "time_ids", "context"));
  UnetConfig guided = sd1_unet_config();
  guided.guidance_channels = 256;
  EXPECT_THAT(inputs(guided), ElementsAre("sample", "timestep", "guidance_embedding", "context"));
}

TEST(Unet, ControlResidualsAreOneForEachSkip) {
  const UnetConfig config = sd1_unet_config();
  const auto graph =
      build_unet(Index(expected_weights(config)), config, {.control = ControlResiduals::kInputs});
  ASSERT_TRUE(graph) << graph.error().message;
  std::map<std::string, Shape> residuals;
  for (const Value value : graph->inputs())
    if (const Node& node = graph->node(value); node.name.find("residual") != std::string::npos)
      residuals[node.name] = node.shape;
  EXPECT_EQ(residuals.size(), 13U);
  EXPECT_EQ(residuals["down_residual.3"], (Shape{1, 320, 32, 32}));
  EXPECT_EQ(residuals["down_residual.11"], (Shape{1, 1280, 8, 8}));
  EXPECT_EQ(residuals["mid_residual"], (Shape{1, 1280, 8, 8}));
}

TEST(Unet, PooledTextIsWhatThePictureSizesLeave) {
  EXPECT_EQ(pooled_channels(sdxl_unet_config()), 1280);
  EXPECT_EQ(pooled_channels(sd1_unet_config()), 0);
  UnetConfig config = sdxl_unet_config();
  config.text_time->channels = 1536;
  const auto graph = build_unet(Index(expected_weights(config)), config, {});
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().param, "time_ids");
}

// diffusers 0.42, LatentConsistencyModelPipeline.get_guidance_scale_embedding(7.5, 4): of 7500.
TEST(Unet, GuidanceEmbeddingIsSinesThenCosines) {
  const auto embedding = guidance_embedding(8.5F, 4);
  ASSERT_EQ(embedding.size(), 4U);
  EXPECT_NEAR(embedding[0], std::sin(7500.0), 1e-6);
  EXPECT_NEAR(embedding[1], std::sin(0.75), 1e-6);
  EXPECT_NEAR(embedding[2], std::cos(7500.0), 1e-6);
  EXPECT_NEAR(embedding[3], std::cos(0.75), 1e-6);
}

// The file of SD 2's encoder ends before the last layer, whose state nobody needs.
TEST(ClipText, LayersThatNoOutputNeedsMayBeMissing) {
  const ClipTextConfig config = clip_l_config();
  ClipTextConfig shorter = config;
  shorter.layers = 11;
  const Index weights(expected_weights(shorter));
  const ClipTextShape penultimate{.hidden = {{.from_end = 2}}};
  const auto graph = build_clip_text(weights, config, penultimate);
  ASSERT_TRUE(graph) << graph.error().message;
  EXPECT_EQ(output_shape(*graph, "hidden"), (Shape{1, 77, 768}));
  EXPECT_FALSE(build_clip_text(weights, config, {}));
}

TEST(ClipText, InjectedVectorsAreInputsOfTheirOwn) {
  const ClipTextConfig config = clip_l_config();
  const Index weights(expected_weights(config));
  const auto graph =
      build_clip_text(weights, config, {.batch = 2, .vectors = TokenVectors::kInjected});
  ASSERT_TRUE(graph) << graph.error().message;
  EXPECT_THAT(input_names(*graph), ElementsAre("ids", "keep", "injected"));
  EXPECT_EQ(output_shape(*graph, "hidden"), (Shape{2, 77, 768}));
}

TEST(ClipText, SkipsAndLengthsOutOfRangeAreRefusedByName) {
  const ClipTextConfig config = clip_l_config();
  const Index weights(expected_weights(config));
  const std::pair<ClipTextShape, std::string> cases[] = {
      {{.batch = 0}, "batch"},
      {{.tokens = 78}, "tokens"},
      {{.hidden = {{.from_end = 0}}}, "clip_skip"},
      {{.hidden = {{.from_end = 14}}}, "clip_skip"}};
  for (const auto& [shape, param] : cases) {
    const auto graph = build_clip_text(weights, config, shape);
    ASSERT_FALSE(graph) << param;
    EXPECT_EQ(graph.error().param, param);
  }
  EXPECT_TRUE(build_clip_text(weights, config, {.hidden = {{.from_end = 13}}}));
}

TEST(Vae, SizesFollowTheReduction) {
  const KlVaeConfig config = stable_diffusion_vae_config();
  const Index encoder(expected_encoder_weights(config));
  const auto encoded = build_vae_encoder(encoder, config, {.height = 128, .width = 192});
  ASSERT_TRUE(encoded) << encoded.error().message;
  EXPECT_EQ(output_shape(*encoded, "mean"), (Shape{1, 4, 16, 24}));
  EXPECT_EQ(output_shape(*encoded, "logvar"), (Shape{1, 4, 16, 24}));
  const auto odd = build_vae_encoder(encoder, config, {.height = 128, .width = 100});
  ASSERT_FALSE(odd);
  EXPECT_EQ(odd.error().param, "width");
  EXPECT_THAT(odd.error().message, HasSubstr("multiples of 8"));
  const auto decoded = build_vae_decoder(Index(expected_decoder_weights(config)), config,
                                         {.batch = 2, .height = 5, .width = 7});
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(output_shape(*decoded, "image"), (Shape{2, 3, 40, 56}));
}

TEST(DrawLatents, ShiftsAndScalesByChannel) {
  const LatentScale scale{.scale = 2, .shift = 0.5F, .mean = {1, 0}, .deviation = {4, 1}};
  const Tensor mean({1, 2, 1, 1}, std::vector<float>{3, 3});
  const Tensor logvar({1, 2, 1, 1}, std::vector<float>{0, std::log(4.0F)});
  const Tensor noise({1, 2, 1, 1}, std::vector<float>{2, -1});
  EXPECT_THAT(draw_latents(scale, mean, logvar, noise).values, ElementsAre(1, 1));
  EXPECT_THAT(draw_latents(scale, mean, logvar, Tensor()).values, ElementsAre(0, 5));
}

// The model that comes with the project: three levels, one resnet each.
TEST(DefaultModel, ConfigsBuildGraphs) {
  const Path folder = Path(DIPTYCH_TEST_DATA) / "../../models/diptych-emoji";
  const auto config = [&](const char* part) {
    const auto json = read_config_json(folder / part / "config.json");
    EXPECT_TRUE(json) << json.error().message;
    return json ? *json : Json();
  };
  Warnings warnings;
  const auto unet = parse_unet_config(config("unet"), warnings);
  ASSERT_TRUE(unet) << unet.error().message;
  EXPECT_EQ(expected_weights(*unet).size(), 326U);
  EXPECT_TRUE(build_unet(Index(expected_weights(*unet)), *unet, {.height = 16, .width = 16}));
  const auto clip = parse_clip_text_config(config("text_encoder"), warnings);
  ASSERT_TRUE(clip) << clip.error().message;
  EXPECT_TRUE(build_clip_text(Index(expected_weights(*clip)), *clip, {}));
  const auto vae = parse_kl_vae_config(config("vae"), warnings);
  ASSERT_TRUE(vae) << vae.error().message;
  EXPECT_TRUE(build_vae_decoder(Index(expected_decoder_weights(*vae)), *vae, {}));
  EXPECT_THAT(warnings, IsEmpty());
}

TEST(RandomWeights, AreTheSameForANameAndOfTheRightSize) {
  const std::vector<WeightInfo> tensors = {{"b.weight", DType::kF32, {8, 48}, 0},
                                           {"a.norm.weight", DType::kF32, {64}, 0}};
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kBf16}) {
    const auto weights = make_random_weights(tensors, dtype);
    EXPECT_EQ(weights->index()[0].name, "a.norm.weight");
    const auto norm = read_as_f32(*weights, {0});
    EXPECT_THAT(norm, testing::Each(testing::FloatNear(1, 0.11F)));
    const auto matrix = read_as_f32(*weights, {1});
    ASSERT_EQ(matrix.size(), 8U * 48U);
    double squares = 0;
    for (const float value : matrix) squares += double{value} * value;
    EXPECT_NEAR(squares / 8, 1, 0.2) << "a row of length 1 keeps what it is multiplied with";
    EXPECT_EQ(read_as_f32(*make_random_weights({tensors[0]}, dtype), {0}), matrix);
    EXPECT_NE(read_as_f32(*make_random_weights({tensors[0]}, dtype, 2), {0}), matrix);
  }
}

}  // namespace
}  // namespace diptych
