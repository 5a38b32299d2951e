#include "http/mailbox.h"

#include <utility>
#include <vector>

namespace diptych {

namespace {
constexpr std::size_t kTasksPerTurn = 64;
}

void Mailbox::post(Task task) {
  MutexLock lock(mutex_);
  if (!schedule_) return;
  tasks_.push_back(std::move(task));
  if (scheduled_) return;
  scheduled_ = true;
  schedule_();
}

void Mailbox::deliver() {
  std::vector<Task> turn;
  {
    MutexLock lock(mutex_);
    while (!tasks_.empty() && turn.size() < kTasksPerTurn) {
      turn.push_back(std::move(tasks_.front()));
      tasks_.pop_front();
    }
    scheduled_ = schedule_ && !tasks_.empty();
    if (scheduled_) schedule_();
  }
  for (Task& task : turn) task();
}

void Mailbox::close() {
  std::deque<Task>
      dropped;  // destroyed outside the lock: a task may own work whose end posts again
  MutexLock lock(mutex_);
  schedule_ = nullptr;
  dropped.swap(tasks_);
}

}  // namespace diptych
