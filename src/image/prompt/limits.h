#pragma once
// How much one prompt may ask for. Text beyond a limit is an error that names it.

#include <cstddef>

namespace diptych {

inline constexpr std::size_t kPromptBytesMax = 64 * 1024;  // also after styles and choices
inline constexpr int kPromptDepthMax = 200;                // open brackets at once
inline constexpr int kPromptPartsMax = 32;                 // joined by AND: one evaluation each
inline constexpr int kPromptChunksMax = 1024;              // of 75 tokens, all texts of one prompt
inline constexpr int kScheduleStepsMax = 10'000;
inline constexpr std::size_t kScheduleBytesMax = 16 * 1024 * 1024;  // all texts of one schedule
inline constexpr double kPromptWeightMax = 1e6;

}  // namespace diptych
