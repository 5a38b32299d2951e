#include "image/models/testing/random_weights.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string_view>

#include "base/check.h"
#include "compute/float_formats.h"

namespace diptych {
namespace {

// Values are drawn from a table of this many, so that a gigabyte takes a second.
constexpr std::size_t kTableBits = 12;
constexpr std::size_t kTableSize = std::size_t{1} << kTableBits;

struct Spread {
  double middle = 0, reach = 0;
};

Spread spread_of(const WeightInfo& tensor) {
  const bool vector = tensor.shape.rank() < 2;
  if (vector) return {tensor.name.ends_with(".weight") ? 1.0 : 0.0, 0.1};
  const auto fan_in =
      static_cast<double>(tensor.shape.element_count()) / static_cast<double>(tensor.shape[0]);
  return {0, std::sqrt(3 / fan_in)};
}

// FNV-1a, then splitmix64: spreads names and numbers over all bits.
std::uint64_t hash_of(std::string_view name, std::uint64_t seed) {
  std::uint64_t hash = 0xcbf29ce484222325U ^ seed;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}
std::uint64_t next_random(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

template <class Stored>
void fill(std::span<std::byte> bytes, const Spread& spread, std::uint64_t state,
          Stored (*store)(float)) {
  std::array<Stored, kTableSize> table;
  for (std::size_t i = 0; i < kTableSize; ++i) {
    const double unit = (2 * static_cast<double>(i) + 1) / kTableSize - 1;  // −1 … 1, no zero
    table[i] = store(static_cast<float>(spread.middle + spread.reach * unit));
  }
  std::uint64_t bits = 0;
  const std::size_t per_draw = 64 / kTableBits;
  const std::size_t count = bytes.size() / sizeof(Stored);
  for (std::size_t i = 0; i < count; ++i) {
    bits = i % per_draw == 0 ? next_random(state) : bits >> kTableBits;
    std::memcpy(bytes.data() + i * sizeof(Stored), &table[bits % kTableSize], sizeof(Stored));
  }
}

class RandomWeights final : public WeightSource {
 public:
  RandomWeights(std::vector<WeightInfo> tensors, DType dtype, std::uint64_t seed)
      : index_(std::move(tensors)) {
    CHECK(dtype == DType::kF32 || dtype == DType::kF16 || dtype == DType::kBf16);
    std::ranges::sort(index_, {}, &WeightInfo::name);
    for (WeightInfo& tensor : index_) {
      tensor.dtype = dtype;
      tensor.bytes =
          static_cast<std::uint64_t>(tensor.shape.element_count() * describe(dtype).block_bytes);
      auto& bytes = values_.emplace_back(tensor.bytes);
      const Spread spread = spread_of(tensor);
      const std::uint64_t state = hash_of(tensor.name, seed);
      if (dtype == DType::kF16) fill<std::uint16_t>(bytes, spread, state, f16_of_f32);
      if (dtype == DType::kBf16) fill<std::uint16_t>(bytes, spread, state, bf16_of_f32);
      if (dtype == DType::kF32)
        fill<float>(bytes, spread, state, [](float value) { return value; });
    }
  }

  std::span<const WeightInfo> index() const override { return index_; }
  std::span<const std::byte> bytes(TensorId tensor) const override { return values_[tensor.value]; }

 private:
  std::vector<WeightInfo> index_;
  std::vector<std::vector<std::byte>> values_;
};

}  // namespace

std::shared_ptr<const WeightSource> make_random_weights(std::vector<WeightInfo> tensors,
                                                        DType dtype, std::uint64_t seed) {
  return std::make_shared<RandomWeights>(std::move(tensors), dtype, seed);
}

}  // namespace diptych
