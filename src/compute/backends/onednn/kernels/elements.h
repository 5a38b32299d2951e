#pragma once
// Element by element, with numpy's broadcasting: one or two operands, one result.

#include <array>
#include <cstdint>

#include "compute/backends/onednn/stored.h"
#include "compute/graph/graph.h"

namespace diptych::onednn {

struct Operand {
  const void* at = nullptr;
  Cell cell = Cell::kF32;
  Strides strides{};  // along the result's storage axes; 0 where it is repeated
};

struct ElementRun {
  Op op = Op::kAffine;
  float a = 1, b = 0;  // kAffine: scale, shift; kClamp: low, high
  int operand_count = 1;
  std::array<Operand, 2> operands;
  void* to = nullptr;
  Cell cell = Cell::kF32;
  int rank = 0;
  std::array<std::int64_t, Shape::kRankMax> sizes{};  // of the result, in storage order
};
void run_elements(const ElementRun& run);

// x [rows, 2·half] → first half · gelu(second half), [rows, half]; all of one cell.
struct GegluRun {
  const void* from = nullptr;
  void* to = nullptr;
  Cell cell = Cell::kF32;
  std::int64_t rows = 0, half = 0;
};
void run_geglu(const GegluRun& run);

struct SoftmaxRun {  // over rows of `count` cells
  const void* from = nullptr;
  void* to = nullptr;
  Cell from_cell = Cell::kF32, to_cell = Cell::kF32;
  std::int64_t rows = 0, count = 0;
};
void run_softmax(const SoftmaxRun& run);

}  // namespace diptych::onednn
