#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace diptych {

// numpy.random.SeedSequence(entropy, spawn_key=…, pool_size=24).generate_state(count), which
// torchsde derives the seeds of a Brownian tree from. Golden: numpy 2.2.
std::vector<std::uint32_t> seed_words(std::uint64_t entropy,
                                      std::span<const std::uint32_t> spawn_key, std::size_t count);

}  // namespace diptych
