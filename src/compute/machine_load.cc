#include "compute/machine_load.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace diptych {
namespace {

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

double own_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct MachineSeconds {
  double ordinary = -1, niced = 0;  // without idle and I/O wait
};

MachineSeconds machine_cpu_seconds() {
  std::ifstream file("/proc/stat");
  std::string label;
  double user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softirq = 0, steal = 0;
  if (!(file >> label >> user >> nice >> system >> idle >> wait >> irq >> softirq >> steal))
    return {};
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  return {(user + system + irq + softirq + steal) / ticks, nice / ticks};
}

constexpr double kBusyShare = 0.5;

struct SchedStat {
  double ran, waited;  // seconds
};

// schedstat: nanoseconds on a core, nanoseconds waiting for one, time slices.
std::optional<SchedStat> sched_stat_of(int tasks_folder, const char* task) {
  const std::string name = std::string(task) + "/schedstat";
  const int file = openat(tasks_folder, name.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  std::array<char, 96> text{};
  const ssize_t length = read(file, text.data(), text.size() - 1);
  close(file);
  unsigned long long ran = 0, waited = 0;
  if (length <= 0 || std::sscanf(text.data(), "%llu %llu", &ran, &waited) != 2) return std::nullopt;
  return SchedStat{static_cast<double>(ran) * 1e-9, static_cast<double>(waited) * 1e-9};
}

double monotonic_seconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace

CpuTimes CpuTimesReader::operator()() {
  const MachineSeconds machine = machine_cpu_seconds();
  return {own_cpu_seconds(), machine.ordinary, machine.niced, waited_by_busy_threads()};
}

double CpuTimesReader::waited_by_busy_threads() {
  const std::unique_ptr<DIR, int (*)(DIR*)> tasks(opendir("/proc/self/task"), closedir);
  if (tasks == nullptr) return waited_;
  const double now = monotonic_seconds(), elapsed = now - last_seconds_;
  std::map<int, Thread> seen;
  while (const dirent* entry = readdir(tasks.get())) {
    if (entry->d_name[0] == '.') continue;
    const auto stat = sched_stat_of(dirfd(tasks.get()), entry->d_name);
    if (!stat) continue;
    const int id = std::atoi(entry->d_name);
    seen[id] = {stat->ran, stat->waited};
    const auto before = threads_.find(id);
    if (before == threads_.end()) continue;
    const double ran = stat->ran - before->second.ran,
                 waited = stat->waited - before->second.waited;
    if (ran + waited > kBusyShare * elapsed) waited_ += waited;
  }
  threads_ = std::move(seen);
  last_seconds_ = now;
  return waited_;
}

int usable_core_count() {
  const int affinity = affinity_count(), quota = quota_count();
  return quota > 0 ? std::min(affinity, quota) : affinity;
}

}  // namespace diptych
