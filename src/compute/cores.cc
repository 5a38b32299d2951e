#include "compute/cores.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "base/mutex.h"

namespace diptych {
namespace {

constexpr auto kLookInterval = std::chrono::milliseconds(100);
// Foreign use above this share of a core costs a spinning team more than the core brings.
constexpr double kBusyCore = 0.35;
constexpr double kFreeCore = 0.15;  // and below this it is worth having back (hysteresis)

int affinity_count() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof set, &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
}

// cgroup v2 quota in cores, rounded down; 0: none.
int quota_count() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) return 0;
  return std::max(1, static_cast<int>(std::atof(quota.c_str()) / period));
}

int usable_cores() {
  const int affinity = affinity_count(), quota = quota_count();
  return quota > 0 ? std::min(affinity, quota) : affinity;
}

double own_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// CPU time that the whole machine has spent, without idle and I/O wait. Negative: unknown. Time of
// niced processes is left out: the kernel takes the core from them when we want it.
double machine_cpu_seconds() {
  std::ifstream file("/proc/stat");
  std::string label;
  double user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softirq = 0, steal = 0;
  if (!(file >> label >> user >> nice >> system >> idle >> wait >> irq >> softirq >> steal))
    return -1;
  static const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  return (user + system + irq + softirq + steal) / ticks;
}

class Arbiter final : public CoreArbiter {
 public:
  Arbiter(int core_count, const Clock& clock, std::function<CpuTimes()> read_times)
      : clock_(clock),
        read_times_(std::move(read_times)),
        cores_(core_count),
        threads_(core_count) {}

  int core_count() const override { return cores_; }

  int threads_for_step() override {
    const MutexLock lock(mutex_);
    const Monotonic now = clock_.now();
    if (!looked_ || now - last_look_ >= kLookInterval) look(now);
    return threads_;
  }

  CoreReading last_reading() const override {
    const MutexLock lock(mutex_);
    return reading_;
  }

 private:
  void look(Monotonic now) REQUIRES(mutex_) {
    const CpuTimes times = read_times_();
    const double elapsed = std::chrono::duration<double>(now - last_look_).count();
    if (looked_ && times.machine >= 0) {
      const double own = times.own - last_.own, machine = times.machine - last_.machine;
      reading_.foreign_cores = std::max(0.0, machine - own) / elapsed;
      adapt(reading_.foreign_cores);
    }
    looked_ = true;
    last_ = times;
    last_look_ = now;
  }

  // With one core's worth of neighbours, a team of all cores waits at every barrier for the member
  // that lost its core. Every foreign core therefore takes one thread away; one thread always
  // remains and shares by the kernel's fairness.
  void adapt(double foreign) REQUIRES(mutex_) {
    const double limit = threads_ < cores_ ? kFreeCore : kBusyCore;
    int lost = 0;
    while (lost < cores_ - 1 && foreign > limit + lost) ++lost;
    const int wanted = cores_ - lost;
    // Step down at once, up only after three quiet looks in a row.
    quiet_looks_ = wanted > threads_ ? quiet_looks_ + 1 : 0;
    if (wanted < threads_ || quiet_looks_ >= 3) threads_ = wanted;
    reading_.starved = 1.0 - static_cast<double>(threads_) / cores_;
  }

  const Clock& clock_;
  const std::function<CpuTimes()> read_times_;
  const int cores_;
  mutable Mutex mutex_;
  int threads_ GUARDED_BY(mutex_);
  int quiet_looks_ GUARDED_BY(mutex_) = 0;
  Monotonic last_look_ GUARDED_BY(mutex_){};
  bool looked_ GUARDED_BY(mutex_) = false;
  CpuTimes last_ GUARDED_BY(mutex_);
  CoreReading reading_ GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<CoreArbiter> make_core_arbiter(int threads_max, const Clock& clock) {
  const int cores = usable_cores();
  return make_core_arbiter(threads_max > 0 ? std::min(threads_max, cores) : cores, clock,
                           [] { return CpuTimes{own_cpu_seconds(), machine_cpu_seconds()}; });
}

std::unique_ptr<CoreArbiter> make_core_arbiter(int core_count, const Clock& clock,
                                               std::function<CpuTimes()> read_times) {
  return std::make_unique<Arbiter>(core_count, clock, std::move(read_times));
}

}  // namespace diptych
