#include "compute/backends/onednn/stored.h"

namespace diptych::onednn {

Strides strides_of(const Shape& shape, const Order& order) {
  Strides strides{};
  std::int64_t stride = 1;
  for (int i = shape.rank(); i-- > 0;) {
    const int axis = order[static_cast<std::size_t>(i)];
    strides[static_cast<std::size_t>(axis)] = stride;
    stride *= shape[axis];
  }
  return strides;
}

bool same_layout(const Shape& shape, const Order& a, const Order& b) {
  const Strides left = strides_of(shape, a), right = strides_of(shape, b);
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const auto i = static_cast<std::size_t>(axis);
    if (shape[axis] > 1 && left[i] != right[i]) return false;
  }
  return true;
}

std::size_t bytes_of(const Shape& shape, Cell cell) {
  return static_cast<std::size_t>(shape.element_count()) * size_of(cell);
}

}  // namespace diptych::onednn
