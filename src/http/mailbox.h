#pragma once
// Carries tasks from any thread to the I/O thread, in order.

#include <deque>
#include <functional>

#include "base/mutex.h"

namespace diptych {

using Task = std::move_only_function<void()>;

// Shared: wake functions held by other threads may outlive the server. After close() a posted task
// is destroyed unrun.
class Mailbox {
 public:
  // `schedule` makes the I/O thread call deliver() soon; it may be called from any thread.
  explicit Mailbox(std::function<void()> schedule) : schedule_(std::move(schedule)) {}

  void post(Task task) EXCLUDES(mutex_);
  void deliver() EXCLUDES(mutex_);  // I/O thread only: runs a bounded number of tasks, then lets
                                    // sockets have their turn
  void close() EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  std::function<void()> schedule_ GUARDED_BY(mutex_);  // empty once closed
  std::deque<Task> tasks_ GUARDED_BY(mutex_);
  bool scheduled_ GUARDED_BY(mutex_) = false;
};

}  // namespace diptych
