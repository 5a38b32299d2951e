#pragma once
// Who may use how many CPU cores. ggml's barriers spin: a team with one descheduled member waits
// for it at every graph node, so on a busy machine fewer threads are faster. The arbiter watches
// and says how many to use now.

#include <functional>
#include <memory>

#include "base/clock.h"
#include "compute/machine_load.h"

namespace diptych {

struct CoreReading {         // of the last tenth of a second
  double foreign_cores = 0;  // that other processes used, niced ones aside
  double niced_cores = 0;    // that niced processes used
  double waiting = 0;        // our threads that were ready and had no core, on average
  int threads = 0;           // given to words
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

// For tests, which script the readings.
std::unique_ptr<CoreArbiter> make_core_arbiter(int core_count, const Clock& clock,
                                               std::function<CpuTimes()> read_times);

}  // namespace diptych
