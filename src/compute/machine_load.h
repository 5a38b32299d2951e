#pragma once
// What the kernel says about who uses the CPU.

namespace diptych {

struct CpuTimes {      // seconds since some fixed time
  double own = 0;      // CPU of this process
  double machine = 0;  // CPU of all processes but niced ones; negative: unknown
  double waited = 0;   // time our threads were ready to run and had no core; negative: unknown
};

CpuTimes read_cpu_times();

// Cores this process may use: affinity mask and cgroup quota.
int usable_core_count();

}  // namespace diptych
