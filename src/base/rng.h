#pragma once
// Counter-based random numbers (Philox 4x32-10, Salmon et al., SC'11): the value depends on the key
// and counter only, never on how many were drawn before, so batching cannot change a draw.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace diptych {

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key);

// Uniform in [0, 1), 53 bits. For token sampling: (seed, choice index, token position).
double uniform_at(std::uint64_t seed, std::uint32_t choice, std::uint64_t position);

std::uint64_t entropy64();  // from the operating system

// prefix + 24 random base-62 characters (142 bits): "chatcmpl-…", "resp_…".
std::string random_id(std::string_view prefix);

}  // namespace diptych
