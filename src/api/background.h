#pragma once
// Runs pending answers whose caller does not wait (background responses): polls them on a thread of its own until they end.

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace diptych {

class BackgroundTask {  // polled by the runner's thread only; destroying it cancels the work
 public:
  virtual ~BackgroundTask() = default;
  virtual void on_ready(std::function<void()> wake) = 0;
  virtual bool poll() = 0;             // true: finished (its result is stored)
  virtual void cancelled() = 0;        // called instead of poll() after cancel(): store that end, then the task is destroyed
};

class BackgroundRunner {  // safe from any thread
 public:
  virtual ~BackgroundRunner() = default;
  virtual Status start(std::string id, std::unique_ptr<BackgroundTask> task) = 0;  // kOverloaded past its bound
  virtual bool cancel(std::string_view id) = 0;   // false: not running here. Returns after cancelled() ran
  virtual void stop() = 0;                        // cancels all
};

std::unique_ptr<BackgroundRunner> make_background_runner(int task_count_max);

}  // namespace diptych
