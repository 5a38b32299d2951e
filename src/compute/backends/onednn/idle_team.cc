#include "compute/backends/onednn/idle_team.h"

#include <omp.h>

#include <atomic>
#include <condition_variable>
#include <latch>
#include <mutex>
#include <stop_token>

namespace diptych::onednn {

IdleTeam::IdleTeam() {
  std::atomic<int> present = 0;
  std::latch formed(1);
  thread_ = std::jthread([&formed, &present](const std::stop_token& stop) {
#pragma omp parallel num_threads(omp_get_num_procs() + 1)
    present.fetch_add(1);  // an empty region would be left out
    formed.count_down();
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock(mutex);
    changed.wait(lock, stop, [] { return false; });
  });
  formed.wait();
}

}  // namespace diptych::onednn
