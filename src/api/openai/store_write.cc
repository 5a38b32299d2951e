#include "api/openai/store_write.h"

#include <utility>

#include "base/mutex.h"

namespace diptych::openai {

struct StoreWrite::State {
  Mutex mutex;
  std::optional<Status> result GUARDED_BY(mutex);
  std::function<void()> wake GUARDED_BY(mutex);

  void finish(Status status) {
    std::function<void()> call;
    {
      const MutexLock lock(mutex);
      result = std::move(status);
      call = wake;
    }
    if (call) call();
  }
};

namespace {

class WriteTask final : public BackgroundTask {
 public:
  WriteTask(std::function<Status()> write, std::shared_ptr<StoreWrite::State> state)
      : write_(std::move(write)), state_(std::move(state)) {}

  void on_ready(std::function<void()>) override {}
  bool poll() override {
    state_->finish(write_());
    return true;
  }
  // Shutting down: the answer was promised to be kept, and one transaction is short.
  void abandon(TaskEnd) override { poll(); }

 private:
  std::function<Status()> write_;
  std::shared_ptr<StoreWrite::State> state_;
};

}  // namespace

StoreWrite::StoreWrite(BackgroundRunner& runner, std::string id, std::function<Status()> write)
    : state_(std::make_shared<State>()) {
  if (!runner.start(std::move(id), std::make_unique<WriteTask>(write, state_)))
    state_->finish(write());
}

void StoreWrite::on_ready(std::function<void()> wake) {
  const MutexLock lock(state_->mutex);
  state_->wake = std::move(wake);
}

std::optional<Status> StoreWrite::poll() {
  const MutexLock lock(state_->mutex);
  return state_->result;
}

}  // namespace diptych::openai
