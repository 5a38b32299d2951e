#pragma once
// Work that may wait for a disk, done without blocking the thread that polls answers.

#include <functional>
#include <memory>

#include "api/background.h"

namespace diptych {

class Errand {  // one thread; destroying it does not stop the work
 public:
  // `work` runs once, soon, on the runner's thread; or here and now when the runner is full or
  // stopping: that is no reason to lose an answer. What it refers to must outlive the runner; what
  // it makes it leaves in something that it shares with the caller.
  Errand(BackgroundRunner& runner, std::function<void()> work);

  void on_ready(std::function<void()> wake);
  bool done() const;  // and everything that `work` wrote can be read

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace diptych
