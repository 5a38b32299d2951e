#pragma once
#include <cstdint>

namespace diptych {
using TokenId = std::int32_t;
using SequenceId = std::int32_t;  // a slot of the engine, 0 … sequence_count - 1
}  // namespace diptych
