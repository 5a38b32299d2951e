#pragma once
// The one thread that computes. oneDNN's team of threads belongs to the thread that calls it, and
// threads are born as nice as the one that starts them: so a program runs where niceness and team
// size are its own.

#include <functional>
#include <stop_token>
#include <thread>

#include "base/mutex.h"

namespace diptych::onednn {

class ComputeThread {
 public:
  explicit ComputeThread(int nice);
  ~ComputeThread();
  ComputeThread(const ComputeThread&) = delete;
  ComputeThread& operator=(const ComputeThread&) = delete;

  // Returns when `work` has returned. Callers take turns.
  void run(const std::function<void()>& work);

 private:
  void loop(int nice, const std::stop_token& stop);

  Mutex turn_;
  Mutex mutex_;
  CondVar changed_;
  const std::function<void()>* work_ GUARDED_BY(mutex_) = nullptr;
  std::jthread thread_;
};

}  // namespace diptych::onednn
