#include "compute/backends/testing/memory_weights.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace diptych {
namespace {

// SplitMix64 (Steele, Lea, Flood 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  int up_to(int count) { return static_cast<int>(next() % static_cast<std::uint64_t>(count)); }

 private:
  std::uint64_t state_;
};

std::uint64_t seed_of(std::string_view name) {
  std::uint64_t seed = 14695981039346656037U;  // FNV-1a
  for (const char c : name) seed = (seed ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return seed;
}

// Exact for multiples of 1/64 below 4.
std::uint16_t to_f16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffffU) == 0) return 0;
  const std::uint32_t exponent = ((bits >> 23) & 0xffU) - 127 + 15;
  const std::uint32_t word = (bits >> 16 & 0x8000U) | exponent << 10 | (bits >> 13 & 0x3ffU);
  return static_cast<std::uint16_t>(word);
}

template <class T>
void put(std::vector<std::byte>& bytes, T value) {
  const auto raw = std::bit_cast<std::array<std::byte, sizeof(T)>>(value);
  bytes.insert(bytes.end(), raw.begin(), raw.end());
}

// A block of Q4_0 or Q8_0: an f16 scale, then random codes.
void put_block(std::vector<std::byte>& bytes, DType dtype, Random& random) {
  const float scale = dtype == DType::kQ8_0 ? 1.0F / 64 : 1.0F / 4;
  put(bytes, to_f16(scale));
  const int code_bytes = describe(dtype).block_bytes - 2;
  for (int i = 0; i < code_bytes; ++i) put(bytes, static_cast<std::uint8_t>(random.up_to(256)));
}

std::vector<std::byte> random_bytes(DType dtype, std::int64_t elements, Random random) {
  std::vector<std::byte> bytes;
  const DTypeRow& row = describe(dtype);
  for (std::int64_t done = 0; done < elements; done += row.block_elements) {
    const float value = static_cast<float>(random.up_to(255) - 127) / 64;
    if (dtype == DType::kF32) {
      put(bytes, value);
    } else if (dtype == DType::kF16) {
      put(bytes, to_f16(value));
    } else if (dtype == DType::kBf16) {
      put(bytes, static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16));
    } else {
      CHECK(dtype == DType::kQ8_0 || dtype == DType::kQ4_0);
      put_block(bytes, dtype, random);
    }
  }
  return bytes;
}

}  // namespace

void MemoryWeights::insert(WeightInfo info, std::vector<std::byte> bytes) {
  info.bytes = bytes.size();
  const auto place = std::ranges::lower_bound(index_, info.name, {}, &WeightInfo::name);
  CHECK(place == index_.end() || place->name != info.name);
  bytes_.insert(bytes_.begin() + (place - index_.begin()), std::move(bytes));
  index_.insert(place, std::move(info));
}

void MemoryWeights::add(std::string_view name, const Shape& shape, DType dtype) {
  insert({std::string(name), dtype, shape, 0},
         random_bytes(dtype, shape.element_count(), Random(seed_of(name))));
}

void MemoryWeights::add(std::string_view name, const Shape& shape, std::vector<float> values) {
  std::vector<std::byte> bytes(values.size() * sizeof(float));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  insert({std::string(name), DType::kF32, shape, 0}, std::move(bytes));
}

std::vector<float> random_values(std::size_t count, std::uint64_t seed, float low, float high) {
  Random random(seed);
  std::vector<float> values(count);
  for (float& value : values) {
    const auto unit = static_cast<float>(random.next() >> 40) / static_cast<float>(1 << 24);
    value = low + unit * (high - low);
  }
  return values;
}

}  // namespace diptych
