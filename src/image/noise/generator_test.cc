#include "image/noise/generator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <regex>
#include <vector>

#include "formats/testing/npz.h"
#include "image/noise/mt19937.h"

namespace diptych {
namespace {

using testing::ElementsAre;
using testing::FloatNear;
using testing::Pointwise;

std::vector<float> draw(NormalGenerator& generator, std::size_t count) {
  std::vector<float> values(count);
  generator.fill(values);
  return values;
}

std::vector<float> first_draw(RandomSource source, std::uint64_t seed, std::size_t count) {
  return draw(*make_generator(source, seed), count);
}

constexpr RandomSource kCpu{};
constexpr RandomSource kNv{RandomSource::Kind::kNv};

void expect_same_bits(const std::vector<float>& got, const Tensor64& wanted) {
  ASSERT_EQ(got.size(), wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(std::bit_cast<std::uint32_t>(got[i]),
              std::bit_cast<std::uint32_t>(static_cast<float>(wanted[i])))
        << "at " << i << ": " << got[i] << " for " << wanted[i];
  }
}

Npz torch_normals() {
  auto arrays = read_npz(fixture_folder() / "rng" / "torch_randn.npz");
  EXPECT_TRUE(arrays.has_value());
  return arrays.value_or(Npz{});
}

TEST(Mt19937, GivesTheWordsOfTheReference) {  // of torch 2.15
  Mt19937 zero(0);
  EXPECT_EQ(zero.next32(), 2357136044U);
  EXPECT_EQ(zero.next32(), 2546248239U);
  EXPECT_EQ(zero.next32(), 3071714933U);
  Mt19937 wide((std::uint64_t{1} << 32) + 42);
  EXPECT_EQ(wide.next32(), 1608637542U);
  EXPECT_EQ(wide.next64(), std::uint64_t{3421126067} << 32 | 4083286876);
}

TEST(GoldenTorchNoise, EqualsTorchBitForBit) {
  const std::regex name("seed([0-9]+)_n([0-9]+)");
  int compared = 0;
  for (const auto& [key, wanted] : torch_normals()) {
    std::smatch match;
    if (!std::regex_match(key, match, name)) continue;
    SCOPED_TRACE(key);
    expect_same_bits(first_draw(kCpu, std::stoull(match[1]), wanted.size()), wanted);
    ++compared;
  }
  EXPECT_GE(compared, 40);
}

TEST(GoldenTorchNoise, AStreamGoesOnBitForBit) {
  const Npz wanted = torch_normals();
  const auto generator = make_generator(kCpu, 7);
  expect_same_bits(draw(*generator, 60), wanted.at("stream_a"));
  expect_same_bits(draw(*generator, 60), wanted.at("stream_b"));
}

TEST(TorchNoise, TheSpareOfAShortDrawOutlivesALongOne) {
  const auto generator = make_generator(kCpu, 0);
  const std::vector<float> first = draw(*generator, 1);
  draw(*generator, 16);
  EXPECT_EQ(draw(*generator, 1)[0], first_draw(kCpu, 0, 2)[1]);
  EXPECT_NE(first[0], first_draw(kCpu, 0, 2)[1]);
}

TEST(CudaNoise, GivesTheValuesOfTheEmulation) {  // of A1111's rng_philox
  struct Case {
    std::uint64_t seed;
    std::vector<float> first, second;
  };
  const Case cases[] = {
      {0,
       {-0.9246624F, -0.4253439F, -2.6438458F, 0.1451839F, -0.1208666F, -0.5797257F},
       {0.1808258F, -0.5522627F, 0.9238134F}},
      {1,
       {-0.2962779F, 2.6764483F, -0.1408464F, -0.8440950F, 0.2905384F, -0.2838309F},
       {-0.6339836F, -0.6431314F, -0.6420137F}},
      {42,
       {0.1940189F, 2.1613740F, -0.1720506F, 0.8490601F, -1.9243991F, 0.6529855F},
       {0.1391376F, -0.1082158F, -0.7174220F}},
      {1234567890,
       {0.2361781F, 1.2633902F, -0.5422238F, -0.6837682F, 1.5004278F, 1.4775170F},
       {1.5304672F, -0.2640864F, -0.6652755F}},
  };
  for (const Case& expected : cases) {
    SCOPED_TRACE(expected.seed);
    const auto generator = make_generator(kNv, expected.seed);
    EXPECT_THAT(draw(*generator, 6), Pointwise(FloatNear(1e-6F), expected.first));
    EXPECT_THAT(draw(*generator, 3), Pointwise(FloatNear(1e-6F), expected.second));
  }
}

TEST(CudaNoise, ADeviceWithEnoughThreadsGivesTheEmulatedValues) {
  const RandomSource device{RandomSource::Kind::kGpu, 4096};
  EXPECT_EQ(first_draw(device, 3, 4096), first_draw(kNv, 3, 4096));
}

TEST(CudaNoise, AThreadOfASmallDeviceMakesFourValuesPerRound) {
  const RandomSource device{RandomSource::Kind::kGpu, 256};
  const std::vector<float> many = first_draw(kNv, 3, 256);
  const std::vector<float> few = first_draw(device, 3, 2048);
  EXPECT_TRUE(std::equal(many.begin(), many.end(), few.begin()));
  // Element 1024 is the second round of thread 0: what a second call starts with when the first
  // fits.
  const auto emulated = make_generator(kNv, 3);
  draw(*emulated, 256);
  EXPECT_EQ(draw(*emulated, 1)[0], few[1024]);
}

TEST(RandomSource, NamesRoundTripAndBadOnesAreRefused) {
  for (const std::string_view name : {"cpu", "nv", "gpu-t196608"}) {
    EXPECT_EQ(name_of(parse_random_source(name).value()), name);
  }
  EXPECT_EQ(parse_random_source("NV").value(), kNv);
  EXPECT_EQ(name_of(parse_random_source("GPU-t196608").value()), "gpu-t196608");
  for (const std::string_view name : {"", "gpu", "gpu-t", "gpu-t0", "gpu-t100", "gpu-t256x"}) {
    const auto refused = parse_random_source(name);
    ASSERT_FALSE(refused.has_value()) << name;
    EXPECT_EQ(refused.error().param, "rng");
  }
}

}  // namespace
}  // namespace diptych
