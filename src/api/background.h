#pragma once
// Runs pending answers whose caller does not wait (background responses): polls them on a thread of
// its own until they end.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace diptych {

enum class TaskEnd : std::uint8_t {
  kCancelled,  // somebody asked for it
  kShutdown,
  kCrashed,  // poll() threw: our bug
};

class BackgroundTask {  // used by one thread at a time; destroying it cancels the work
 public:
  virtual ~BackgroundTask() = default;
  virtual void on_ready(std::function<void()> wake) = 0;
  virtual bool poll() = 0;  // true: finished (its result is stored)
  virtual void abandon(
      TaskEnd end) = 0;  // instead of poll(), once: store that end; then the task is destroyed
};

class TaskWatch {  // destroying it ends the watch; its function does not run afterwards
 public:
  virtual ~TaskWatch() = default;
};

class BackgroundRunner {  // safe from any thread, but not from within a task or a watch's function
 public:
  virtual ~BackgroundRunner() = default;
  virtual Status start(std::string id,
                       std::unique_ptr<BackgroundTask> task) = 0;  // kOverloaded past its bound
  virtual bool cancel(
      std::string_view id) = 0;  // false: not running here. Returns after the task has ended
  // Calls `wake` after every poll of the task and once it has ended. It must be cheap. nullptr: not
  // running here.
  virtual std::unique_ptr<TaskWatch> watch(std::string_view id, std::function<void()> wake) = 0;
  virtual void stop() = 0;  // abandons all; start() is refused from then on
};

std::unique_ptr<BackgroundRunner> make_background_runner(int task_count_max);

}  // namespace diptych
