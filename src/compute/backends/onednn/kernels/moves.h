#pragma once
// Moving cells without looking at them: transposition, concatenation, slices, repetition.

#include <array>
#include <cstdint>

namespace diptych::onednn {

inline constexpr int kMoveAxesMax = 8;

struct Move {  // outermost axis first; strides in cells
  const void* from = nullptr;
  void* to = nullptr;
  std::size_t cell_bytes = 4;  // 2 or 4
  int rank = 0;
  std::array<std::int64_t, kMoveAxesMax> sizes{}, from_strides{}, to_strides{};
};
void run_move(const Move& move);

}  // namespace diptych::onednn
