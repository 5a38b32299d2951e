#pragma once
// Normalisations over the innermost axis; statistics in f32 and f64 whatever the cells are.

#include <cstdint>

#include "compute/backends/onednn/stored.h"

namespace diptych::onednn {

enum class Activation : std::uint8_t { kNone, kSilu };

struct GroupNormRun {  // x [batch, pixels, channels]
  const void* from = nullptr;
  void* to = nullptr;
  Cell from_cell = Cell::kF32, to_cell = Cell::kF32;
  const float* weight = nullptr;  // [channels]
  const float* bias = nullptr;
  std::int64_t batch = 0, pixels = 0, channels = 0, groups = 1;
  float eps = 0;
  Activation then = Activation::kNone;
};
void run_group_norm(const GroupNormRun& run);

enum class RowNorm : std::uint8_t { kLayer, kRms };

struct RowNormRun {  // x [rows, channels]
  RowNorm norm = RowNorm::kLayer;
  const void* from = nullptr;
  void* to = nullptr;
  Cell from_cell = Cell::kF32, to_cell = Cell::kF32;
  const float* weight = nullptr;
  const float* bias = nullptr;  // kLayer
  std::int64_t rows = 0, channels = 0;
  float eps = 0;
};
void run_row_norm(const RowNormRun& run);

}  // namespace diptych::onednn
