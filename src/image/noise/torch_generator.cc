#include "image/noise/torch_generator.h"

#include <cmath>
#include <numbers>

#include "image/noise/normal_block.h"

namespace diptych {

float TorchGenerator::uniform() {
  return static_cast<float>(engine_.next32() & 0xFFFFFF) * 0x1p-24F;
}

double TorchGenerator::scalar_normal() {
  if (spare_) {
    const double value = *spare_;
    spare_.reset();
    return value;
  }
  constexpr std::uint64_t kMask = (std::uint64_t{1} << 53) - 1;
  const double angle = static_cast<double>(engine_.next64() & kMask) * 0x1p-53;
  const double tail = static_cast<double>(engine_.next64() & kMask) * 0x1p-53;
  const double radius = std::sqrt(-2.0 * std::log1p(-tail));
  const double theta = 2.0 * std::numbers::pi * angle;
  spare_ = radius * std::sin(theta);
  return radius * std::cos(theta);
}

void TorchGenerator::fill(std::span<float> out) {
  constexpr std::size_t kBlock = NormalBlock::extent;
  if (out.size() < kBlock) {
    for (float& value : out) value = static_cast<float>(scalar_normal());
    return;
  }
  for (float& value : out) value = uniform();
  for (std::size_t at = 0; at + kBlock <= out.size(); at += kBlock) {
    make_normal(NormalBlock(out.subspan(at, kBlock)));
  }
  if (out.size() % kBlock != 0) {  // the last 16 are drawn anew, over what is there already
    const NormalBlock last(out.last(kBlock));
    for (float& value : last) value = uniform();
    make_normal(last);
  }
}

}  // namespace diptych
