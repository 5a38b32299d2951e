#pragma once
// Runs tasks in worker processes, so that one which crashes or hangs is counted and not fatal.

#include <cstddef>
#include <functional>
#include <string>

namespace diptych::bench {

struct WorkerPlan {
  std::size_t task_count = 0;
  int process_count = 1;
  int task_ms_max = 60'000;
  std::size_t memory_bytes_max = std::size_t{8} << 30;  // address space of one process
  // In a worker: the task's answer as bytes. What it keeps between tasks is the worker's own.
  std::function<std::string(std::size_t task)> run;
  std::function<void(std::size_t task, std::string_view answer)> done;
  enum class Loss { kCrash, kTimeout };
  std::function<void(std::size_t task, Loss loss, std::string_view how)> lost;
};

// Task i runs in process i mod process_count; a process that dies is replaced and goes on after the
// task that it died in.
void run_in_workers(const WorkerPlan& plan);

}  // namespace diptych::bench
