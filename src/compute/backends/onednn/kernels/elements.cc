#include "compute/backends/onednn/kernels/elements.h"

#include <algorithm>
#include <limits>

#include "compute/backends/onednn/kernels/lanes.h"

namespace diptych::onednn {
namespace {

constexpr std::int64_t kTile = 1024;  // f32 values of one operand that stay in the first cache

template <class T>
void read_tile(const T* from, std::int64_t stride, std::int64_t count, float* tile) {
  if (stride == 1) {
    for_lanes(count, [&](std::int64_t i, auto mask) { store(tile + i, load(from + i, mask)); });
    return;
  }
  for (std::int64_t i = 0; i < count; ++i) {
    alignas(64) float lane[kLanes];
    store(lane, load(from + i * stride, 1));
    tile[i] = lane[0];
  }
}

void read_tile(const Operand& operand, std::int64_t offset, std::int64_t stride, std::int64_t count,
               float* tile) {
  if (operand.cell == Cell::kBf16)
    read_tile(static_cast<const Bf16*>(operand.at) + offset, stride, count, tile);
  else
    read_tile(static_cast<const float*>(operand.at) + offset, stride, count, tile);
}

template <class T>
void write_tile(T* to, std::int64_t count, const float* tile) {
  for_lanes(count, [&](std::int64_t i, auto mask) { store(to + i, load(tile + i), mask); });
}

template <class F>
void each(float* x, std::int64_t count, F f) {
  for (std::int64_t i = 0; i < count; i += kLanes) store(x + i, f(load(x + i)));
}
template <class F>
void each(float* x, const float* y, std::int64_t count, F f) {
  for (std::int64_t i = 0; i < count; i += kLanes) store(x + i, f(load(x + i), load(y + i)));
}

// x and y hold whole lanes past `count`: what is computed there is not written.
void compute_tile(const ElementRun& run, float* x, const float* y, std::int64_t count) {
  switch (run.op) {
    case Op::kSilu:
      return each(x, count, silu_of);
    case Op::kGelu:
      return each(x, count, gelu_of);
    case Op::kGeluTanh:
      return each(x, count, gelu_tanh_of);
    case Op::kQuickGelu:
      return each(x, count, [](Lanes v) {
        return _mm512_mul_ps(v, sigmoid_of(_mm512_mul_ps(v, splat(1.702F))));
      });
    case Op::kRelu:
      return each(x, count, [](Lanes v) { return _mm512_max_ps(v, _mm512_setzero_ps()); });
    case Op::kSigmoid:
      return each(x, count, sigmoid_of);
    case Op::kTanh:
      return each(x, count, tanh_of);
    case Op::kAffine:
      return each(x, count,
                  [&](Lanes v) { return _mm512_fmadd_ps(v, splat(run.a), splat(run.b)); });
    case Op::kClamp:
      return each(x, count, [&](Lanes v) {
        return _mm512_min_ps(_mm512_max_ps(v, splat(run.a)), splat(run.b));
      });
    case Op::kAdd:
      return each(x, y, count, [](Lanes v, Lanes w) { return _mm512_add_ps(v, w); });
    case Op::kSub:
      return each(x, y, count, [](Lanes v, Lanes w) { return _mm512_sub_ps(v, w); });
    case Op::kMul:
      return each(x, y, count, [](Lanes v, Lanes w) { return _mm512_mul_ps(v, w); });
    default:
      return;
  }
}

// Axes that lie behind one another in every operand become one.
ElementRun merged(const ElementRun& run) {
  ElementRun flat = run;
  flat.rank = 0;
  for (int axis = 0; axis < run.rank; ++axis) {
    const auto from = static_cast<std::size_t>(axis);
    if (run.sizes[from] == 1) continue;
    bool joins = flat.rank > 0;
    const auto last = static_cast<std::size_t>(flat.rank - 1);
    for (int i = 0; joins && i < run.operand_count; ++i) {
      const auto& strides = run.operands[static_cast<std::size_t>(i)].strides;
      joins = flat.operands[static_cast<std::size_t>(i)].strides[last] ==
              strides[from] * run.sizes[from];
    }
    const auto to = joins ? last : static_cast<std::size_t>(flat.rank++);
    flat.sizes[to] = joins ? flat.sizes[last] * run.sizes[from] : run.sizes[from];
    for (int i = 0; i < run.operand_count; ++i)
      flat.operands[static_cast<std::size_t>(i)].strides[to] =
          run.operands[static_cast<std::size_t>(i)].strides[from];
  }
  return flat;
}

struct RowPlace {
  std::int64_t row = 0, begin = 0, count = 0;
};

void run_tile(const ElementRun& run, const RowPlace& place) {
  alignas(64) float tiles[2][kTile + kLanes];
  const auto inner = static_cast<std::size_t>(std::max(run.rank - 1, 0));
  for (int i = 0; i < run.operand_count; ++i) {
    const Operand& operand = run.operands[static_cast<std::size_t>(i)];
    const std::int64_t stride = run.rank == 0 ? 0 : operand.strides[inner];
    std::int64_t offset = place.begin * stride, rest = place.row;
    for (std::size_t axis = inner; axis-- > 0;) {
      offset += rest % run.sizes[axis] * operand.strides[axis];
      rest /= run.sizes[axis];
    }
    read_tile(operand, offset, stride, place.count, tiles[i]);
  }
  compute_tile(run, tiles[0], tiles[1], place.count);
  const std::int64_t length = run.rank == 0 ? 1 : run.sizes[inner];
  const std::int64_t to = place.row * length + place.begin;
  if (run.cell == Cell::kBf16)
    write_tile(static_cast<Bf16*>(run.to) + to, place.count, tiles[0]);
  else
    write_tile(static_cast<float*>(run.to) + to, place.count, tiles[0]);
}

template <class T>
void geglu_row(const T* from, T* to, std::int64_t half) {
  for_lanes(half, [&](std::int64_t i, auto mask) {
    store(to + i, _mm512_mul_ps(load(from + i, mask), gelu_of(load(from + half + i, mask))), mask);
  });
}

template <class From, class To>
void softmax_row(const From* from, To* to, std::int64_t count) {
  Lanes top = splat(-std::numeric_limits<float>::infinity());
  for (std::int64_t i = 0; i < count; i += kLanes) {
    const auto mask = first_lanes(static_cast<std::size_t>(count - i));
    top = _mm512_mask_max_ps(top, mask, top, load(from + i, mask));
  }
  const Lanes largest = splat(_mm512_reduce_max_ps(top));
  Lanes sum = _mm512_setzero_ps();
  for (std::int64_t i = 0; i < count; i += kLanes) {
    const auto mask = first_lanes(static_cast<std::size_t>(count - i));
    sum = _mm512_mask_add_ps(sum, mask, sum, exp_of(_mm512_sub_ps(load(from + i, mask), largest)));
  }
  const Lanes scale = splat(1 / _mm512_reduce_add_ps(sum));
  for (std::int64_t i = 0; i < count; i += kLanes) {
    const auto mask = first_lanes(static_cast<std::size_t>(count - i));
    store(to + i, _mm512_mul_ps(exp_of(_mm512_sub_ps(load(from + i, mask), largest)), scale), mask);
  }
}

}  // namespace

void run_elements(const ElementRun& run) {
  const ElementRun flat = merged(run);
  const std::int64_t length =
      flat.rank == 0 ? 1 : flat.sizes[static_cast<std::size_t>(flat.rank - 1)];
  std::int64_t rows = 1;
  for (int axis = 0; axis + 1 < flat.rank; ++axis)
    rows *= flat.sizes[static_cast<std::size_t>(axis)];
  const std::int64_t tiles = (length + kTile - 1) / kTile;
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < rows * tiles; ++i) {
    const std::int64_t begin = i % tiles * kTile;
    run_tile(flat, {.row = i / tiles, .begin = begin, .count = std::min(kTile, length - begin)});
  }
}

void run_geglu(const GegluRun& run) {
  with_pointer(run.cell, run.to, [&](auto* to) {
    const auto* from = static_cast<decltype(to)>(const_cast<void*>(run.from));
#pragma omp parallel for schedule(static)
    for (std::int64_t row = 0; row < run.rows; ++row)
      geglu_row(from + row * 2 * run.half, to + row * run.half, run.half);
  });
}

void run_softmax(const SoftmaxRun& run) {
  with_pointer(run.from_cell, run.from, [&](const auto* from) {
    with_pointer(run.to_cell, run.to, [&](auto* to) {
#pragma omp parallel for schedule(static)
      for (std::int64_t row = 0; row < run.rows; ++row)
        softmax_row(from + row * run.count, to + row * run.count, run.count);
    });
  });
}

}  // namespace diptych::onednn
