#include "text/weights/packed_matrix.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "text/weights/kernels.h"

namespace diptych::weights {
namespace {

constexpr SourceFormat kFormats[] = {SourceFormat::kQ4_0, SourceFormat::kQ4_1, SourceFormat::kQ8_0};

void put_half(std::byte* at, unsigned bits) {
  const auto half = static_cast<std::uint16_t>(bits);
  std::memcpy(at, &half, 2);
}

// Random blocks with scales of ordinary size: every code occurs.
std::vector<std::byte> random_source(const PackedShape& shape, std::mt19937& random) {
  const LayoutTraits& traits = traits_of(shape.format);
  const auto block_bytes = static_cast<std::size_t>(traits.source_block_bytes);
  std::vector<std::byte> source(static_cast<std::size_t>(shape.rows * shape.block_count()) *
                                block_bytes);
  for (std::byte& b : source) b = static_cast<std::byte>(random());
  for (std::size_t i = 0; i < source.size(); i += block_bytes) {
    put_half(&source[i], 0x2000 + random() % 0x400);
    if (traits.has_min) put_half(&source[i + 2], 0x9800 + random() % 0x400);
  }
  return source;
}

// A second, independent reading of GGUF's blocks.
float source_weight(const PackedShape& shape, const std::vector<std::byte>& source,
                    std::int64_t row, std::int64_t column) {
  const LayoutTraits& traits = traits_of(shape.format);
  const auto index = static_cast<std::size_t>(row * shape.block_count() + column / 32);
  const std::byte* block =
      source.data() + index * static_cast<std::size_t>(traits.source_block_bytes);
  std::uint16_t d, m;
  std::memcpy(&d, block, 2);
  std::memcpy(&m, block + 2, 2);
  const auto k = static_cast<std::size_t>(column % 32);
  switch (shape.format) {
    case SourceFormat::kQ8_0:
      return half_to_float(d) * static_cast<float>(static_cast<std::int8_t>(block[2 + k]));
    case SourceFormat::kQ4_0: {
      const int both = std::to_integer<int>(block[2 + k % 16]);
      return half_to_float(d) * static_cast<float>((k < 16 ? both & 15 : both >> 4) - 8);
    }
    case SourceFormat::kQ4_1: {
      const int both = std::to_integer<int>(block[4 + k % 16]);
      return half_to_float(d) * static_cast<float>(k < 16 ? both & 15 : both >> 4) +
             half_to_float(m);
    }
  }
  return NAN;
}

struct Packed {
  PackedShape shape;
  std::vector<std::byte> source, bytes;
};

Packed make_packed(SourceFormat format, std::int64_t rows, std::int64_t columns,
                   std::mt19937& random) {
  Packed packed{{format, rows, columns}, {}, {}};
  packed.source = random_source(packed.shape, random);
  packed.bytes.resize(packed.shape.bytes());
  pack_tiles(packed.shape, packed.source, 0, packed.shape.tile_count(), packed.bytes.data());
  return packed;
}

TEST(PackedMatrix, HoldsExactlyTheWeightsOfTheFile) {
  std::mt19937 random(1);
  for (const SourceFormat format : kFormats) {
    for (const std::int64_t rows : {16, 48, 37}) {
      const Packed packed = make_packed(format, rows, 96, random);
      std::vector<float> row(96);
      for (std::int64_t r = 0; r < rows; ++r) {
        unpack_row(packed.shape, packed.bytes.data(), r, row.data());
        for (std::int64_t c = 0; c < 96; ++c) {
          ASSERT_EQ(row[static_cast<std::size_t>(c)],
                    source_weight(packed.shape, packed.source, r, c))
              << traits_of(format).name;
        }
      }
    }
  }
}

TEST(PackedMatrix, HalvesConvertExactly) {
  EXPECT_EQ(half_to_float(0x3c00), 1.0F);
  EXPECT_EQ(half_to_float(0xc000), -2.0F);
  EXPECT_EQ(half_to_float(0x0001), 0x1p-24F);
  EXPECT_EQ(half_to_float(0x7bff), 65504.0F);
  EXPECT_TRUE(std::isinf(half_to_float(0x7c00)));
}

class Kernels : public testing::TestWithParam<const MatrixKernel*> {
 protected:
  void SetUp() override {
    if (!GetParam()->available())
      GTEST_SKIP() << GetParam()->name << " is not available on this CPU";
  }
};

struct Activations {
  std::vector<float> values;
  std::vector<std::byte> rows;
};

Activations quantized(const MatrixKernel& kernel, const PackedShape& shape, std::int64_t tokens,
                      std::mt19937& random) {
  std::normal_distribution<float> normal;
  Activations x;
  x.values.resize(static_cast<std::size_t>(tokens * shape.columns));
  for (float& v : x.values) v = normal(random);
  x.rows.resize(quantized_row_bytes(shape.columns) * static_cast<std::size_t>(tokens));
  for (std::int64_t t = 0; t < tokens; ++t) {
    kernel.quantize(x.values.data() + t * shape.columns, shape.columns,
                    traits_of(shape.format).zero_point,
                    quantized_row_at(x.rows.data(), shape.columns, t));
  }
  return x;
}

std::vector<float> product(const MatrixKernel& kernel, const Packed& packed, Activations& x,
                           std::int64_t tokens) {
  std::vector<float> out(static_cast<std::size_t>(tokens * packed.shape.rows), NAN);
  kernel.multiply({packed.shape, packed.bytes.data()}, {0, packed.shape.tile_count()},
                  {x.rows.data(), tokens},
                  {out.data(), static_cast<std::size_t>(packed.shape.rows)});
  return out;
}

TEST_P(Kernels, AgreeWithThePortableReference) {
  std::mt19937 random(2);
  for (const SourceFormat format : kFormats) {
    for (const auto& [rows, columns] : {std::pair{64, 96}, {37, 32}, {16, 576}, {176, 64}}) {
      const Packed packed = make_packed(format, rows, columns, random);
      for (const std::int64_t tokens : {1, 2, 5, 16}) {
        Activations x = quantized(*GetParam(), packed.shape, tokens, random);
        const std::vector<float> got = product(*GetParam(), packed, x, tokens);
        const std::vector<float> want = product(kPortableKernel, packed, x, tokens);
        float largest = 0;
        for (const float w : want) largest = std::max(largest, std::fabs(w));
        for (std::size_t i = 0; i < want.size(); ++i)
          ASSERT_NEAR(got[i], want[i], largest * 2e-6F) << traits_of(format).name;
      }
    }
  }
}

TEST_P(Kernels, ResultOfATokenDoesNotDependOnItsNeighbours) {
  std::mt19937 random(3);
  for (const SourceFormat format : kFormats) {
    const Packed packed = make_packed(format, 80, 160, random);
    Activations together = quantized(*GetParam(), packed.shape, 7, random);
    const std::vector<float> all = product(*GetParam(), packed, together, 7);
    const std::size_t row_bytes = quantized_row_bytes(160);
    for (std::size_t t = 0; t < 7; ++t) {
      const auto begin = together.rows.begin() + static_cast<std::ptrdiff_t>(t * row_bytes);
      Activations alone{{}, {begin, begin + static_cast<std::ptrdiff_t>(row_bytes)}};
      const std::vector<float> one = product(*GetParam(), packed, alone, 1);
      for (std::size_t r = 0; r < 80; ++r)
        ASSERT_EQ(one[r], all[t * 80 + r]) << "token " << t << " row " << r;
    }
  }
}

TEST_P(Kernels, QuantizeToTheNearestOf255Steps) {
  std::mt19937 random(4);
  const PackedShape shape{SourceFormat::kQ4_1, 16, 64};
  const Activations x = quantized(*GetParam(), shape, 3, random);
  for (std::int64_t t = 0; t < 3; ++t) {
    const QuantizedRow row = quantized_row_at(const_cast<std::byte*>(x.rows.data()), 64, t);
    for (std::int64_t k = 0; k < 64; ++k) {
      const float value = x.values[static_cast<std::size_t>(t * 64 + k)];
      ASSERT_NEAR(row.scale[k / 32] * static_cast<float>(row.codes[k]), value,
                  row.scale[k / 32] * 0.5001F);
    }
  }
}

TEST_P(Kernels, AllZeroActivationsGiveZero) {
  std::mt19937 random(5);
  const Packed packed = make_packed(SourceFormat::kQ4_1, 16, 32, random);
  Activations x{std::vector<float>(32, 0.0F), std::vector<std::byte>(quantized_row_bytes(32))};
  GetParam()->quantize(x.values.data(), 32, 0, quantized_row_at(x.rows.data(), 32, 0));
  for (const float value : product(*GetParam(), packed, x, 1)) EXPECT_EQ(value, 0.0F);
}

INSTANTIATE_TEST_SUITE_P(Every, Kernels,
                         testing::ValuesIn(matrix_kernels().begin(), matrix_kernels().end()),
                         [](const auto& each) {
                           return each.index == 0 ? "Avx512Vnni" : "Portable";
                         });

}  // namespace
}  // namespace diptych::weights
