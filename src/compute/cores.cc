#include "compute/cores.h"

#include <algorithm>
#include <cmath>

#include "base/log.h"
#include "base/mutex.h"

namespace diptych {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kLookInterval = milliseconds(100);
// A member of the team that waits this share of the time for a core makes the whole team wait at
// its barriers: measured, a second thread is then a loss.
constexpr double kWaitingTooLong = 0.12;
constexpr double kBusyCore = 0.5;   // foreign use of a core that takes it from us
constexpr double kFreeCore = 0.15;  // and below this it is worth having back
constexpr double kAtWork = 0.3;     // cores of our own use, below which a second was a pause
constexpr int kQuietLooks = 3;      // in a row, before the team grows again
// Niced neighbours use what we leave, so how busy they look says nothing: try, and look at the
// waiting. A failed try costs a tenth of a second of slow steps, so they become rare.
constexpr auto kFirstTry = seconds(1);
constexpr auto kLastTry = seconds(16);

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
    const Duration passed = now - last_look_;
    const double elapsed = std::chrono::duration<double>(passed).count();
    // What we waited says nothing after a pause; what neighbours used meanwhile still does. A long
    // step among neighbours is no pause: we were at work.
    const bool paused = passed >= seconds(1) && times.own - last_.own < kAtWork * elapsed;
    if (looked_) {
      const double machine = times.machine - last_.machine, own = times.own - last_.own;
      reading_.foreign_cores = times.machine < 0 ? 0 : std::max(0.0, machine - own) / elapsed;
      reading_.niced_cores = (times.niced - last_.niced) / elapsed;
      reading_.waiting = paused ? 0 : (times.waited - last_.waited) / elapsed;
      const int before = threads_;
      adapt(now);
      if (threads_ != before) {
        log_debug("words use {} of {} cores: other processes {:.2f}, own threads waiting {:.2f}",
                  threads_, cores_, reading_.foreign_cores, reading_.waiting);
      }
    }
    looked_ = true;
    last_ = times;
    last_look_ = now;
    reading_.threads = threads_;
  }

  void adapt(Monotonic now) REQUIRES(mutex_) {
    // Without neighbours our threads wait for each other only, and fewer of them would be slower.
    const bool neighbours = reading_.foreign_cores + reading_.niced_cores > kBusyCore;
    const bool crowded = neighbours && reading_.waiting > kWaitingTooLong * threads_;
    if (threads_ > 1 && (crowded || reading_.foreign_cores > cores_ - threads_ + kBusyCore))
      return shrink(now);
    if (threads_ == cores_) return;
    // Is there a core for one more?
    const double room = cores_ - threads_ - 1;
    quiet_looks_ = reading_.foreign_cores < room + kFreeCore ? quiet_looks_ + 1 : 0;
    if (quiet_looks_ < kQuietLooks || now < next_try_) return;
    quiet_looks_ = 0;
    ++threads_;
    grown_ = now;
  }

  // One foreign core takes one thread; waiting alone takes one at a time. One thread always
  // remains: it shares its core by the kernel's fairness, and has no barrier to wait at.
  void shrink(Monotonic now) REQUIRES(mutex_) {
    const int taken = static_cast<int>(std::ceil(reading_.foreign_cores - kBusyCore));
    const bool failed_try = now - grown_ < kFirstTry;
    try_interval_ =
        failed_try ? std::min<Duration>(try_interval_ * 2, kLastTry) : Duration(kFirstTry);
    next_try_ = now + try_interval_;
    quiet_looks_ = 0;
    threads_ = std::clamp(cores_ - taken, 1, threads_ - 1);
  }

  const Clock& clock_;
  std::function<CpuTimes()> read_times_ GUARDED_BY(mutex_);
  const int cores_;
  mutable Mutex mutex_;
  int threads_ GUARDED_BY(mutex_);
  int quiet_looks_ GUARDED_BY(mutex_) = 0;
  bool looked_ GUARDED_BY(mutex_) = false;
  Monotonic last_look_ GUARDED_BY(mutex_){}, grown_ GUARDED_BY(mutex_){},
      next_try_ GUARDED_BY(mutex_){};
  Duration try_interval_ GUARDED_BY(mutex_) = kFirstTry;
  CpuTimes last_ GUARDED_BY(mutex_);
  CoreReading reading_ GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<CoreArbiter> make_core_arbiter(int threads_max, const Clock& clock) {
  const int cores = usable_core_count();
  return make_core_arbiter(threads_max > 0 ? std::min(threads_max, cores) : cores, clock,
                           CpuTimesReader());
}

std::unique_ptr<CoreArbiter> make_core_arbiter(int core_count, const Clock& clock,
                                               std::function<CpuTimes()> read_times) {
  return std::make_unique<Arbiter>(core_count, clock, std::move(read_times));
}

}  // namespace diptych
