#pragma once
// The pictures of a batch [batch, …] one by one.

#include <algorithm>
#include <cstdint>

#include "compute/tensor.h"

namespace diptych {

// Picture `index` as a batch of one.
template <class Element>
BasicTensor<Element> row_of(const BasicTensor<Element>& batch, std::int64_t index) {
  Shape shape = batch.shape;
  shape[0] = 1;
  BasicTensor<Element> one(shape);
  const auto size = shape.element_count();
  std::copy_n(batch.values.begin() + index * size, size, one.values.begin());
  return one;
}

// A batch of `count` times the same picture.
template <class Element>
BasicTensor<Element> repeated(const BasicTensor<Element>& one, std::int64_t count) {
  Shape shape = one.shape;
  shape[0] = count;
  BasicTensor<Element> all(shape);
  auto to = all.values.begin();
  for (std::int64_t i = 0; i < count; ++i) to = std::ranges::copy(one.values, to).out;
  return all;
}

}  // namespace diptych
