#include "compute/weight_source.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "compute/dequantize.h"
#include "compute/float_formats.h"

namespace diptych {
namespace {

// Elements may lie unaligned in a file: each is copied out.
template <class Stored, class Widen>
void widen_all(std::span<const std::byte> from, std::span<float> to, Widen widen) {
  CHECK(from.size() == to.size() * sizeof(Stored));
  for (std::size_t i = 0; i < to.size(); ++i) {
    Stored stored;
    std::memcpy(&stored, from.data() + i * sizeof stored, sizeof stored);
    to[i] = widen(stored);
  }
}

template <class Stored>
float as_f32(Stored stored) {
  return static_cast<float>(stored);
}

}  // namespace

std::optional<TensorId> WeightSource::find(std::string_view name) const {
  const auto all = index();
  const auto found = std::ranges::lower_bound(all, name, {}, &WeightInfo::name);
  if (found == all.end() || found->name != name) return std::nullopt;
  return TensorId{static_cast<std::uint32_t>(found - all.begin())};
}

std::uint64_t WeightSource::bytes_in_all() const {
  std::uint64_t sum = 0;
  for (const WeightInfo& info : index()) sum += info.bytes;
  return sum;
}

std::vector<float> read_as_f32(const WeightSource& source, TensorId tensor) {
  const WeightInfo& info = source.info(tensor);
  std::vector<float> values(static_cast<std::size_t>(info.shape.element_count()));
  convert_to_f32(info.dtype, source.bytes(tensor), values);
  return values;
}

void convert_to_f32(DType dtype, std::span<const std::byte> from, std::span<float> to) {
  switch (dtype) {
    case DType::kF32:
      return widen_all<float>(from, to, as_f32<float>);
    case DType::kF16:
      return widen_all<std::uint16_t>(from, to, f32_of_f16);
    case DType::kBf16:
      return widen_all<std::uint16_t>(from, to, f32_of_bf16);
    case DType::kF64:
      return widen_all<double>(from, to, as_f32<double>);
    case DType::kI64:
      return widen_all<std::int64_t>(from, to, as_f32<std::int64_t>);
    case DType::kI32:
      return widen_all<std::int32_t>(from, to, as_f32<std::int32_t>);
    case DType::kI16:
      return widen_all<std::int16_t>(from, to, as_f32<std::int16_t>);
    case DType::kI8:
      return widen_all<std::int8_t>(from, to, as_f32<std::int8_t>);
    case DType::kU8:
      return widen_all<std::uint8_t>(from, to, as_f32<std::uint8_t>);
    case DType::kBool:
      return widen_all<std::uint8_t>(from, to,
                                     [](std::uint8_t stored) { return stored ? 1.F : 0.F; });
    case DType::kF8E4M3:
      return widen_all<std::uint8_t>(from, to, f32_of_f8_e4m3);
    case DType::kF8E5M2:
      return widen_all<std::uint8_t>(from, to, f32_of_f8_e5m2);
    default:
      return dequantize(dtype, from, to);
  }
}

}  // namespace diptych
