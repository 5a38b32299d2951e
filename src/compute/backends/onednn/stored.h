#pragma once
// How the values of a graph lie in memory while a program runs.

#include <array>
#include <cstddef>
#include <cstdint>

#include "compute/tensor.h"

namespace diptych::onednn {

enum class Cell : std::uint8_t { kF32, kBf16, kI32 };
constexpr std::size_t size_of(Cell cell) { return cell == Cell::kBf16 ? 2 : 4; }

using BufferId = std::uint32_t;

// Storage axis i, outermost first, is logical axis order[i].
using Order = std::array<std::uint8_t, Shape::kRankMax>;
inline constexpr Order kRowMajor = {0, 1, 2, 3, 4};
inline constexpr Order kChannelsLast = {0, 2, 3, 1, 4};  // of [n, c, h, w]

// A dense value in a buffer, or a part of one. Several may share a buffer: views.
struct Stored {
  BufferId buffer = 0;
  Cell cell = Cell::kF32;
  Order order = kRowMajor;
  Shape shape;  // logical
};

// Elements from one index of each logical axis to the next.
using Strides = std::array<std::int64_t, Shape::kRankMax>;
Strides strides_of(const Shape& shape, const Order& order);

// Equal for memory: axes of size 1 may stand anywhere.
bool same_layout(const Shape& shape, const Order& a, const Order& b);

std::size_t bytes_of(const Shape& shape, Cell cell);

}  // namespace diptych::onednn
