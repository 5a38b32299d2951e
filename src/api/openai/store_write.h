#pragma once
// One write to the store without blocking the thread that polls answers: the runner's thread waits
// for the disk.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/background.h"
#include "base/error.h"

namespace diptych::openai {

class StoreWrite {  // one thread; destroying it does not stop the write
 public:
  // `write` runs once, soon, on the runner's thread; or here and now when the runner is full: that
  // is no reason to lose an answer. `id` is that of the row.
  StoreWrite(BackgroundRunner& runner, std::string id, std::function<Status()> write);

  void on_ready(std::function<void()> wake);
  std::optional<Status> poll();  // nullopt: still writing

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace diptych::openai
