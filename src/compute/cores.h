#pragma once
// Who may use how many CPU cores. ggml's barriers spin: a team with one descheduled member waits
// for it at every graph node, so on a busy machine fewer threads are faster. The arbiter watches
// and says how many to use now.

#include <functional>
#include <memory>

#include "base/clock.h"

namespace diptych {

struct CoreReading {         // one look at the machine
  double foreign_cores = 0;  // cores that other processes used since the last look, 0 … core_count
  double starved = 0;        // share of our wanted CPU time that we did not get, 0 … 1
};

class CoreArbiter {  // one per process; safe from any thread
 public:
  virtual ~CoreArbiter() = default;
  virtual int core_count() const = 0;  // usable by this process (affinity, cgroup quota)
  // Threads to use for the next step of words. Cheap: re-reads the machine at most every 100 ms.
  virtual int threads_for_step() = 0;
  virtual CoreReading last_reading() const = 0;
};

// threads_max 0: all cores.
std::unique_ptr<CoreArbiter> make_core_arbiter(int threads_max, const Clock& clock);

// Seconds of CPU since some fixed time. machine: all processes but niced ones, from whom the kernel
// takes the core when we want it; negative: unknown. For tests, which script them.
struct CpuTimes {
  double own = 0, machine = 0;
};
std::unique_ptr<CoreArbiter> make_core_arbiter(int core_count, const Clock& clock,
                                               std::function<CpuTimes()> read_times);

}  // namespace diptych
