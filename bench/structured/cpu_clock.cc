#include "structured/cpu_clock.h"

#include <ctime>

#include <algorithm>
#include <vector>

namespace diptych::bench {

std::uint64_t CpuClock::now_ns() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(time.tv_nsec);
}

CpuClock::CpuClock() {
  std::vector<std::uint64_t> costs;
  for (int i = 0; i < 2001; ++i) {
    const std::uint64_t start = now_ns();
    costs.push_back(now_ns() - start);
  }
  std::ranges::sort(costs);
  own_cost_ns_ = costs[costs.size() / 2];
}

}  // namespace diptych::bench
