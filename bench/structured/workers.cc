#include "structured/workers.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <vector>

#include <fmt/format.h>

#include "base/check.h"

namespace diptych::bench {

namespace {

using Clock = std::chrono::steady_clock;

void write_all(int file, const void* bytes, std::size_t size) {
  const auto* from = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t written = write(file, from, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) _exit(3);  // the parent is gone
    from += written;
    size -= static_cast<std::size_t>(written);
  }
}

class Worker {
 public:
  Worker(const WorkerPlan& plan, std::size_t first) : plan_(plan), task_(first) { start(); }

  bool finished() const { return pid_ < 0; }
  int file() const { return file_; }
  int ms_left() const {
    const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began_);
    return static_cast<int>(std::max<std::int64_t>(plan_.task_ms_max - spent.count(), 0));
  }

  void read_some() {
    char bytes[1 << 16];
    const ssize_t size = read(file_, bytes, sizeof bytes);
    if (size < 0 && errno == EINTR) return;
    if (size <= 0) return ended();
    buffer_.append(bytes, static_cast<std::size_t>(size));
    deliver();
  }

  void stop_if_late() {
    if (finished() || ms_left() > 0) return;
    kill(pid_, SIGKILL);
    wait_for_end();
    next_after_loss(WorkerPlan::Loss::kTimeout, fmt::format("more than {} ms", plan_.task_ms_max));
  }

 private:
  void start() {
    began_ = Clock::now();
    if (task_ >= plan_.task_count) return;
    int ends[2];
    CHECK(pipe(ends) == 0);
    pid_ = fork();
    CHECK(pid_ >= 0);
    if (pid_ == 0) {
      close(ends[0]);
      work(ends[1]);
    }
    close(ends[1]);
    file_ = ends[0];
  }

  [[noreturn]] void work(int out) const {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const rlimit memory{.rlim_cur = plan_.memory_bytes_max, .rlim_max = plan_.memory_bytes_max};
    setrlimit(RLIMIT_AS, &memory);
    const rlimit core{.rlim_cur = 0, .rlim_max = 0};
    setrlimit(RLIMIT_CORE, &core);
    for (std::size_t task = task_; task < plan_.task_count; task += step()) {
      const std::string answer = plan_.run(task);
      const std::uint64_t size = answer.size();
      write_all(out, &size, sizeof size);
      write_all(out, answer.data(), answer.size());
    }
    _exit(0);
  }

  void deliver() {
    std::size_t at = 0;
    std::uint64_t size = 0;
    while (buffer_.size() - at >= sizeof size) {
      std::memcpy(&size, buffer_.data() + at, sizeof size);
      if (buffer_.size() - at - sizeof size < size) break;
      plan_.done(task_, std::string_view(buffer_).substr(at + sizeof size, size));
      at += sizeof size + size;
      task_ += step();
      began_ = Clock::now();
    }
    buffer_.erase(0, at);
  }

  void ended() {
    const int status = wait_for_end();
    if (task_ >= plan_.task_count) return;
    next_after_loss(WorkerPlan::Loss::kCrash,
                    WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status))
                                        : fmt::format("exit status {}", WEXITSTATUS(status)));
  }

  int wait_for_end() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    close(file_);
    pid_ = -1;
    buffer_.clear();
    return status;
  }

  void next_after_loss(WorkerPlan::Loss loss, const std::string& how) {
    plan_.lost(task_, loss, how);
    task_ += step();
    start();
  }

  std::size_t step() const { return static_cast<std::size_t>(plan_.process_count); }

  const WorkerPlan& plan_;
  std::size_t task_;  // the one it works on
  pid_t pid_ = -1;
  int file_ = -1;
  std::string buffer_;
  Clock::time_point began_;
};

}  // namespace

void run_in_workers(const WorkerPlan& plan) {
  std::vector<Worker> workers;
  for (int i = 0; i < plan.process_count; ++i) {
    workers.emplace_back(plan, static_cast<std::size_t>(i));
  }
  while (std::ranges::any_of(workers, [](const Worker& worker) { return !worker.finished(); })) {
    std::vector<pollfd> files;
    int wait_ms = plan.task_ms_max;
    for (const Worker& worker : workers) {
      files.push_back(
          {.fd = worker.finished() ? -1 : worker.file(), .events = POLLIN, .revents = 0});
      if (!worker.finished()) wait_ms = std::min(wait_ms, worker.ms_left() + 1);
    }
    poll(files.data(), files.size(), wait_ms);
    for (std::size_t i = 0; i < workers.size(); ++i) {
      if (files[i].revents != 0) workers[i].read_some();
      workers[i].stop_if_late();
    }
  }
}

}  // namespace diptych::bench
