#pragma once
// Shapes, and plain tensors in host memory: what goes into a program and comes out of it, and what
// samplers compute on.

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

namespace diptych {

// Outermost first, e.g. [batch, channels, height, width]; rank 0 to 5. Sizes are ≥ 0.
class Shape {
 public:
  static constexpr int kRankMax = 5;

  Shape() = default;
  Shape(std::initializer_list<std::int64_t> sizes);     // CHECKs the rank
  explicit Shape(std::span<const std::int64_t> sizes);  // CHECKs the rank

  int rank() const { return rank_; }
  std::int64_t operator[](int axis) const { return sizes_[static_cast<std::size_t>(axis)]; }
  std::int64_t& operator[](int axis) { return sizes_[static_cast<std::size_t>(axis)]; }
  std::int64_t back() const { return sizes_[static_cast<std::size_t>(rank_ - 1)]; }
  std::int64_t element_count() const;  // 1 for rank 0
  std::span<const std::int64_t> sizes() const {
    return {sizes_.data(), static_cast<std::size_t>(rank_)};
  }
  std::string to_string() const;  // "[2, 4, 64, 64]"
  friend bool operator==(const Shape&, const Shape&) = default;

 private:
  std::array<std::int64_t, kRankMax> sizes_{};
  int rank_ = 0;
};

// Row-major and contiguous. A value type: copying copies the elements.
template <class Element>
struct BasicTensor {
  Shape shape;
  std::vector<Element> values;

  BasicTensor() = default;
  explicit BasicTensor(const Shape& of_shape, Element fill = {})
      : shape(of_shape), values(static_cast<std::size_t>(of_shape.element_count()), fill) {}
  BasicTensor(const Shape& of_shape, std::vector<Element> of_values)
      : shape(of_shape), values(std::move(of_values)) {}

  std::size_t size() const { return values.size(); }
  Element& operator[](std::size_t index) { return values[index]; }
  const Element& operator[](std::size_t index) const { return values[index]; }
};

using Tensor = BasicTensor<float>;
using Tensor64 = BasicTensor<double>;  // samplers: thousands of elements, errors that add up

template <class To, class From>
BasicTensor<To> cast_tensor(const BasicTensor<From>& from) {
  BasicTensor<To> to(from.shape);
  for (std::size_t i = 0; i < from.size(); ++i) to[i] = static_cast<To>(from[i]);
  return to;
}

}  // namespace diptych
