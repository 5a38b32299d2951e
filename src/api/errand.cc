#include "api/errand.h"

#include <utility>

#include "base/mutex.h"
#include "base/rng.h"

namespace diptych {

struct Errand::State {
  mutable Mutex mutex;
  bool done GUARDED_BY(mutex) = false;
  std::function<void()> wake GUARDED_BY(mutex);

  void finish() {
    std::function<void()> call;
    {
      const MutexLock lock(mutex);
      done = true;
      call = wake;
    }
    if (call) call();
  }
};

namespace {

class ErrandTask final : public BackgroundTask {
 public:
  ErrandTask(std::function<void()> work, std::shared_ptr<Errand::State> state)
      : work_(std::move(work)), state_(std::move(state)) {}

  void on_ready(std::function<void()>) override {}
  bool poll() override {
    work_();
    state_->finish();
    return true;
  }
  // Shutting down: what was promised is still done, it is short. After a crash: not a second time.
  void abandon(TaskEnd end) override {
    if (end != TaskEnd::kCrashed) work_();
    state_->finish();
  }

 private:
  std::function<void()> work_;
  std::shared_ptr<Errand::State> state_;
};

}  // namespace

Errand::Errand(BackgroundRunner& runner, std::function<void()> work)
    : state_(std::make_shared<State>()) {
  if (runner.start(random_id("errand_"), std::make_unique<ErrandTask>(work, state_))) return;
  work();
  state_->finish();
}

void Errand::on_ready(std::function<void()> wake) {
  const MutexLock lock(state_->mutex);
  state_->wake = std::move(wake);
}

bool Errand::done() const {
  const MutexLock lock(state_->mutex);
  return state_->done;
}

}  // namespace diptych
