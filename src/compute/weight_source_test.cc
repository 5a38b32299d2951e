#include "compute/weight_source.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "base/file.h"
#include "compute/float_formats.h"

namespace diptych {
namespace {

class FakeSource : public WeightSource {
 public:
  explicit FakeSource(std::vector<WeightInfo> index) : index_(std::move(index)) {}
  std::span<const WeightInfo> index() const override { return index_; }
  std::span<const std::byte> bytes(TensorId) const override { return kBytes; }

 private:
  static constexpr std::byte kBytes[] = {std::byte{1}, std::byte{0xFF}, std::byte{0}};
  std::vector<WeightInfo> index_;
};

TEST(WeightSource, FindsByNameAndAddsUpBytes) {
  const FakeSource source({{"a", DType::kI8, Shape{3}, 3},
                           {"a.b", DType::kU8, Shape{3}, 3},
                           {"b", DType::kBool, Shape{3}, 3}});
  EXPECT_EQ(source.find("a.b"), TensorId{1});
  EXPECT_EQ(source.find("b"), TensorId{2});
  EXPECT_EQ(source.find("a.a"), std::nullopt);
  EXPECT_EQ(source.find("c"), std::nullopt);
  EXPECT_EQ(source.bytes_in_all(), 9U);
}

TEST(WeightSource, ReadsSmallIntegersByTheirType) {
  const FakeSource source({{"a", DType::kI8, Shape{3}, 3},
                           {"b", DType::kU8, Shape{3}, 3},
                           {"c", DType::kBool, Shape{3}, 3}});
  EXPECT_EQ(read_as_f32(source, TensorId{0}), (std::vector<float>{1, -1, 0}));
  EXPECT_EQ(read_as_f32(source, TensorId{1}), (std::vector<float>{1, 255, 0}));
  EXPECT_EQ(read_as_f32(source, TensorId{2}), (std::vector<float>{1, 1, 0}));
}

template <class Stored>
std::vector<float> convert(DType dtype, const std::vector<Stored>& stored) {
  std::vector<std::byte> shifted(1 + stored.size() * sizeof(Stored));  // unaligned on purpose
  std::memcpy(shifted.data() + 1, stored.data(), shifted.size() - 1);
  std::vector<float> values(stored.size());
  convert_to_f32(dtype, std::span(shifted).subspan(1), values);
  return values;
}

TEST(ConvertToF32, ReadsWideTypesUnaligned) {
  EXPECT_EQ(convert<float>(DType::kF32, {0.1F, -2}), (std::vector<float>{0.1F, -2}));
  EXPECT_EQ(convert<double>(DType::kF64, {0.1, -2}), (std::vector<float>{0.1F, -2}));
  EXPECT_EQ(convert<std::int64_t>(DType::kI64, {-7, 1LL << 40}), (std::vector<float>{-7, 0x1p40F}));
  EXPECT_EQ(convert<std::int32_t>(DType::kI32, {-7, 1 << 20}), (std::vector<float>{-7, 0x1p20F}));
  EXPECT_EQ(convert<std::int16_t>(DType::kI16, {-7, 1 << 10}), (std::vector<float>{-7, 0x1p10F}));
}

// Reference answers: tests/data/block_types/make.py.
class ReferenceAnswers : public testing::TestWithParam<std::string> {};

TEST_P(ReferenceAnswers, AreReproducedBitByBit) {
  const Path folder = Path(DIPTYCH_TEST_DATA) / "block_types";
  const auto stored = read_file(folder / (GetParam() + ".bytes"), 1 << 20);
  const auto expected = read_file(folder / (GetParam() + ".f32"), 1 << 20);
  ASSERT_TRUE(stored && expected);
  std::vector<float> wanted(expected->size() / sizeof(float));
  std::memcpy(wanted.data(), expected->data(), expected->size());
  std::vector<float> values(wanted.size());
  convert_to_f32(*find_dtype(GetParam()), std::as_bytes(std::span(*stored)), values);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(wanted[i])) {
      EXPECT_TRUE(std::isnan(values[i])) << i;
    } else {
      EXPECT_EQ(std::bit_cast<std::uint32_t>(values[i]), std::bit_cast<std::uint32_t>(wanted[i]))
          << i << ": " << values[i] << " instead of " << wanted[i];
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EveryType, ReferenceAnswers,
                         testing::Values("q4_0", "q4_1", "q5_0", "q5_1", "q8_0", "q2_k", "q3_k",
                                         "q4_k", "q5_k", "q6_k", "f16", "bf16", "f8_e4m3",
                                         "f8_e5m2"),
                         [](const auto& test) { return test.param; });

TEST(F16, EveryHalfAndEveryMidpointRoundsToNearestEven) {
  for (std::uint16_t half = 0; half < 0x7bff; ++half) {
    const auto next = static_cast<std::uint16_t>(half + 1);
    ASSERT_EQ(f16_of_f32(f32_of_f16(half)), half);
    const float middle = (f32_of_f16(half) + f32_of_f16(next)) / 2;
    ASSERT_EQ(f16_of_f32(middle), half % 2 == 0 ? half : next) << half;
    ASSERT_EQ(f16_of_f32(std::nextafter(middle, 1e9F)), next) << half;
    ASSERT_EQ(f16_of_f32(std::nextafter(middle, -1e9F)), half) << half;
    ASSERT_EQ(f16_of_f32(-middle), f16_of_f32(middle) | 0x8000) << half;
  }
}

TEST(F16, OverflowsToInfinityAndKeepsNan) {
  EXPECT_EQ(f16_of_f32(65519.996F), 0x7bff);
  EXPECT_EQ(f16_of_f32(65520), 0x7c00);
  EXPECT_EQ(f16_of_f32(-std::numeric_limits<float>::infinity()), 0xfc00);
  EXPECT_TRUE(std::isnan(f32_of_f16(f16_of_f32(NAN))));
}

TEST(Bf16, RoundsToNearestEven) {
  EXPECT_EQ(bf16_of_f32(std::bit_cast<float>(0x3f808000U)), 0x3f80);
  EXPECT_EQ(bf16_of_f32(std::bit_cast<float>(0x3f818000U)), 0x3f82);
  EXPECT_EQ(bf16_of_f32(std::bit_cast<float>(0x3f808001U)), 0x3f81);
  EXPECT_EQ(bf16_of_f32(std::numeric_limits<float>::max()), 0x7f80);
  EXPECT_TRUE(std::isnan(f32_of_bf16(bf16_of_f32(std::bit_cast<float>(0x7f800001U)))));
}

}  // namespace
}  // namespace diptych
