#pragma once
// Thread CPU time: what else the machine does is not counted. Reading it is a system call, whose
// own cost is measured once and taken off.

#include <cstdint>

namespace diptych::bench {

class CpuClock {
 public:
  CpuClock();
  static std::uint64_t now_ns();
  std::uint64_t own_cost_ns() const { return own_cost_ns_; }
  std::uint64_t since_ns(std::uint64_t start_ns) const {
    const std::uint64_t passed = now_ns() - start_ns;
    return passed - (passed < own_cost_ns_ ? passed : own_cost_ns_);
  }

 private:
  std::uint64_t own_cost_ns_ = 0;
};

}  // namespace diptych::bench
