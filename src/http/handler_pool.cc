#include "http/handler_pool.h"

#include <algorithm>
#include <utility>

namespace diptych {

HandlerPool::HandlerPool(int thread_count, int queue_max)
    : queue_max_(static_cast<std::size_t>(std::max(queue_max, 1))) {
  for (int i = 0; i < std::max(thread_count, 1); ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) { run(stop); });
  }
}

HandlerPool::~HandlerPool() { stop(); }

std::optional<HandlerPool::Ticket> HandlerPool::submit(Job job) {
  Ticket ticket = 0;
  {
    MutexLock lock(mutex_);
    if (queue_.size() >= queue_max_) return std::nullopt;
    ticket = ++last_ticket_;
    queue_.push_back({ticket, std::move(job)});
  }
  changed_.notify_one();
  return ticket;
}

bool HandlerPool::withdraw(Ticket ticket) {
  Job withdrawn;  // destroyed outside the lock
  MutexLock lock(mutex_);
  const auto found = std::ranges::lower_bound(queue_, ticket, {}, &Waiting::ticket);
  if (found == queue_.end() || found->ticket != ticket) return false;
  withdrawn = std::move(found->job);
  queue_.erase(found);
  return true;
}

void HandlerPool::stop() {
  std::deque<Waiting> dropped;
  {
    MutexLock lock(mutex_);
    dropped.swap(queue_);
  }
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();  // joins
}

void HandlerPool::run(const std::stop_token& stop) {
  while (true) {
    Job job;
    {
      MutexLock lock(mutex_);
      if (!changed_.wait(mutex_, stop, [this]() REQUIRES(mutex_) { return !queue_.empty(); })) {
        return;
      }
      job = std::move(queue_.front().job);
      queue_.pop_front();
    }
    job();
  }
}

}  // namespace diptych
