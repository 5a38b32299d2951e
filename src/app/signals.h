#pragma once
// SIGINT and SIGTERM as readable events. Open before any thread starts: threads inherit the blocked
// mask.

#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "base/clock.h"
#include "base/error.h"

namespace diptych {

class SignalSource {  // one per process
 public:
  static Result<std::unique_ptr<SignalSource>> open();
  ~SignalSource();
  SignalSource(const SignalSource&) = delete;
  SignalSource& operator=(const SignalSource&) = delete;

  int file() const { return file_; }  // poll() it for reading
  std::optional<int> take();          // the next signal's number; does not block

 private:
  explicit SignalSource(int file) : file_(file) {}
  int file_;
};

struct ShutdownActions {
  std::function<void()> drain;     // on the first signal
  std::function<void()> stop_now;  // on the second, or when draining took longer than drain_wait
  Duration drain_wait{};
};

// Watches on a thread of its own until destroyed.
class ShutdownWatcher {
 public:
  static Result<std::unique_ptr<ShutdownWatcher>> start(SignalSource& signals,
                                                        ShutdownActions actions);
  ~ShutdownWatcher();
  ShutdownWatcher(const ShutdownWatcher&) = delete;
  ShutdownWatcher& operator=(const ShutdownWatcher&) = delete;

 private:
  ShutdownWatcher(SignalSource& signals, ShutdownActions actions, int wake);
  void run();
  bool wait_for_signal(int timeout_ms);  // false: the time is over or the watcher ends

  SignalSource& signals_;
  ShutdownActions actions_;
  int wake_;  // eventfd: readable when the watcher must end
  std::thread thread_;
};

}  // namespace diptych
