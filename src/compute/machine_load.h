#pragma once
// What the kernel says about who uses the CPU.

#include <map>

namespace diptych {

struct CpuTimes {      // seconds since some fixed time
  double own = 0;      // CPU of this process
  double machine = 0;  // CPU of all processes but niced ones; negative: unknown
  double niced = 0;    // CPU of niced processes
  double waited = 0;   // time our busy threads were ready to run and had no core
};

// Remembers every thread's figures from one call to the next. A thread counts as busy when it ran
// or was ready for most of the time between: compute threads are; a thread that serves sockets and
// wakes for moments is not, and its short waits for a core of our own team say nothing about the
// neighbours. One thread at a time.
class CpuTimesReader {
 public:
  CpuTimes operator()();

 private:
  struct Thread {
    double ran = 0, waited = 0;
  };
  double waited_by_busy_threads();

  std::map<int, Thread> threads_;
  double last_seconds_ = 0;
  double waited_ = 0;
};

// Cores this process may use: affinity mask and cgroup quota.
int usable_core_count();

}  // namespace diptych
