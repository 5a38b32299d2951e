#include "compute/backends/onednn/kernels/moves.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace diptych::onednn {
namespace {

// Axes of one element go; axes that lie behind one another on both sides become one.
Move merged(const Move& move) {
  Move flat = move;
  flat.rank = 0;
  for (std::size_t axis = 0; axis < static_cast<std::size_t>(move.rank); ++axis) {
    if (move.sizes[axis] == 1) continue;
    const auto last = static_cast<std::size_t>(flat.rank - 1);
    const bool joins = flat.rank > 0 &&
                       flat.from_strides[last] == move.from_strides[axis] * move.sizes[axis] &&
                       flat.to_strides[last] == move.to_strides[axis] * move.sizes[axis];
    const auto to = joins ? last : static_cast<std::size_t>(flat.rank++);
    flat.sizes[to] = joins ? flat.sizes[last] * move.sizes[axis] : move.sizes[axis];
    flat.from_strides[to] = move.from_strides[axis];
    flat.to_strides[to] = move.to_strides[axis];
  }
  return flat;
}

struct Row {  // of the innermost axis
  std::int64_t count, from_stride, to_stride;
};

template <class T>
void move_row(const T* from, T* to, const Row& row) {
  if (row.from_stride == 1 && row.to_stride == 1) {
    std::memcpy(to, from, static_cast<std::size_t>(row.count) * sizeof(T));
    return;
  }
  for (std::int64_t i = 0; i < row.count; ++i) to[i * row.to_stride] = from[i * row.from_stride];
}

template <class T>
void run(const Move& move) {
  const auto outer = static_cast<std::size_t>(std::max(move.rank - 1, 0));
  const Row row = move.rank == 0
                      ? Row{1, 1, 1}
                      : Row{move.sizes[outer], move.from_strides[outer], move.to_strides[outer]};
  std::int64_t rows = 1;
  for (std::size_t axis = 0; axis < outer; ++axis) rows *= move.sizes[axis];
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < rows; ++i) {
    std::int64_t from = 0, to = 0, rest = i;
    for (std::size_t axis = outer; axis-- > 0;) {
      from += rest % move.sizes[axis] * move.from_strides[axis];
      to += rest % move.sizes[axis] * move.to_strides[axis];
      rest /= move.sizes[axis];
    }
    move_row(static_cast<const T*>(move.from) + from, static_cast<T*>(move.to) + to, row);
  }
}

}  // namespace

void run_move(const Move& move) {
  const Move flat = merged(move);
  flat.cell_bytes == 2 ? run<std::uint16_t>(flat) : run<std::uint32_t>(flat);
}

}  // namespace diptych::onednn
