#include "api/background.h"

#include <fmt/format.h>

#include <cstddef>
#include <deque>
#include <exception>
#include <list>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/mutex.h"

namespace diptych {
namespace {

constexpr int kFullRetryMs = 1000;

// What the runner's thread, wake functions and watches share. Wake functions hold it weakly: they
// may outlive the runner.
class TaskTable {
 public:
  struct Work {  // what the thread shall do next
    std::string id;
    BackgroundTask* task = nullptr;
    std::optional<TaskEnd> end;
  };

  explicit TaskTable(int count_max) : count_max_(count_max) {}

  Status insert(const std::string& id, std::unique_ptr<BackgroundTask> task) {
    MutexLock lock(mutex_);
    if (stopping_) return fail(ErrorCode::kCancelled, "The server is shutting down.");
    if (std::cmp_greater_equal(entries_.size(), count_max_)) {
      return fail(Error{.code = ErrorCode::kOverloaded,
                        .message = fmt::format(
                            "{} background tasks are running, which is the limit.", count_max_),
                        .param = {},
                        .detail = {},
                        .retry_after_ms = kFullRetryMs});
    }
    const auto [entry, added] = entries_.try_emplace(id);
    if (!added)
      return fail(ErrorCode::kConflict,
                  fmt::format("A background task '{}' is running already.", id));
    entry->second.task = std::move(task);
    mark_ready(id, entry->second);
    return {};
  }

  void wake(const std::string& id) {
    MutexLock lock(mutex_);
    if (const auto entry = entries_.find(id); entry != entries_.end())
      mark_ready(id, entry->second);
  }

  bool cancel(std::string_view id) {
    MutexLock lock(mutex_);
    const auto entry = entries_.find(id);
    if (entry == entries_.end()) return false;
    entry->second.end = TaskEnd::kCancelled;
    mark_ready(entry->first, entry->second);
    while (entries_.contains(id)) changed_.wait(mutex_);
    return true;
  }

  void stop() {
    MutexLock lock(mutex_);
    stopping_ = true;
    for (auto& [id, entry] : entries_) {
      if (!entry.end) entry.end = TaskEnd::kShutdown;
      mark_ready(id, entry);
    }
    changed_.notify_all();
  }

  // Waits for work; nullopt: stopped and everything has ended.
  std::optional<Work> next() {
    MutexLock lock(mutex_);
    while (true) {
      while (ready_.empty()) {
        if (stopping_ && entries_.empty()) return std::nullopt;
        changed_.wait(mutex_);
      }
      std::string id = std::move(ready_.front());
      ready_.pop_front();
      const auto entry = entries_.find(id);
      if (entry == entries_.end()) continue;
      entry->second.ready = false;
      return Work{.id = std::move(id), .task = entry->second.task.get(), .end = entry->second.end};
    }
  }

  void polled(const std::string& id, bool ended) {
    std::unique_ptr<BackgroundTask> gone;  // destroyed after the lock: it may cancel a stream
    MutexLock lock(mutex_);
    if (ended) {
      const auto entry = entries_.find(id);
      gone = std::move(entry->second.task);
      entries_.erase(entry);
      changed_.notify_all();
    }
    for (const auto& watch : watches_) {
      if (watch.id == id) watch.wake();
    }
  }

  struct Watched {
    std::string id;
    std::function<void()> wake;
  };
  using WatchPlace = std::list<Watched>::iterator;

  std::optional<WatchPlace> watch(std::string_view id, std::function<void()> wake) {
    MutexLock lock(mutex_);
    if (!entries_.contains(id)) return std::nullopt;
    return watches_.insert(watches_.end(), {.id = std::string(id), .wake = std::move(wake)});
  }
  void unwatch(WatchPlace place) {
    MutexLock lock(mutex_);
    watches_.erase(place);
  }

 private:
  struct Entry {
    std::unique_ptr<BackgroundTask> task;
    bool ready = false;  // its id is in ready_
    std::optional<TaskEnd> end;
  };

  void mark_ready(const std::string& id, Entry& entry) REQUIRES(mutex_) {
    if (std::exchange(entry.ready, true)) return;
    ready_.push_back(id);
    changed_.notify_all();
  }

  const int count_max_;
  Mutex mutex_;
  CondVar changed_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::map<std::string, Entry, std::less<>> entries_ GUARDED_BY(mutex_);
  std::deque<std::string> ready_ GUARDED_BY(mutex_);  // each task at most once, oldest first
  std::list<Watched> watches_ GUARDED_BY(mutex_);
};

class Watch final : public TaskWatch {
 public:
  Watch(std::shared_ptr<TaskTable> table, TaskTable::WatchPlace place)
      : table_(std::move(table)), place_(place) {}
  ~Watch() override { table_->unwatch(place_); }

 private:
  std::shared_ptr<TaskTable> table_;
  TaskTable::WatchPlace place_;
};

// One of the two last nets for exceptions: a task that throws must not take the others with it.
bool run_guarded(const TaskTable::Work& work) {
  try {
    if (!work.end) return work.task->poll();
    work.task->abandon(*work.end);
  } catch (const std::exception& error) {
    log_error("Background task {} threw: {}", work.id, error.what());
    if (work.end) return true;
    return run_guarded({.id = work.id, .task = work.task, .end = TaskEnd::kCrashed});
  }
  return true;
}

class Runner final : public BackgroundRunner {
 public:
  explicit Runner(int task_count_max)
      : table_(std::make_shared<TaskTable>(task_count_max)),
        thread_([table = table_] { run(*table); }) {}
  ~Runner() override { stop(); }

  Status start(std::string id, std::unique_ptr<BackgroundTask> task) override {
    task->on_ready([table = std::weak_ptr(table_), id] {
      if (const auto alive = table.lock()) alive->wake(id);
    });
    return table_->insert(id, std::move(task));
  }
  bool cancel(std::string_view id) override { return table_->cancel(id); }
  std::unique_ptr<TaskWatch> watch(std::string_view id, std::function<void()> wake) override {
    const auto place = table_->watch(id, std::move(wake));
    if (!place) return nullptr;
    return std::make_unique<Watch>(table_, *place);
  }
  void stop() override {
    table_->stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  static void run(TaskTable& table) {
    while (const auto work = table.next()) table.polled(work->id, run_guarded(*work));
  }

  std::shared_ptr<TaskTable> table_;
  std::jthread thread_;
};

}  // namespace

std::unique_ptr<BackgroundRunner> make_background_runner(int task_count_max) {
  return std::make_unique<Runner>(task_count_max);
}

}  // namespace diptych
