#pragma once
// A few threads that run handlers which may block on a disk or a model load. The queue before them
// is bounded.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace diptych {

class HandlerPool {  // safe from any thread
 public:
  HandlerPool(int thread_count, int queue_max);
  ~HandlerPool();  // waits for running jobs; queued ones are dropped

  using Job = std::move_only_function<void()>;  // must not throw
  using Ticket = std::uint64_t;

  std::optional<Ticket> submit(Job job) EXCLUDES(mutex_);  // nullopt: the queue is full
  bool withdraw(Ticket ticket) EXCLUDES(mutex_);           // false: it runs or ran already
  void stop() EXCLUDES(mutex_);

 private:
  struct Waiting {
    Ticket ticket;
    Job job;
  };
  void run(const std::stop_token& stop) EXCLUDES(mutex_);

  const std::size_t queue_max_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Waiting> queue_ GUARDED_BY(mutex_);
  Ticket last_ticket_ GUARDED_BY(mutex_) = 0;
  std::vector<std::jthread> threads_;
};

}  // namespace diptych
