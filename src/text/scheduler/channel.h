#pragma once
// What lies between the scheduler thread (writer) and one reader: at most one merged Delta per
// choice, an end, and the wake function. Bounded: the writer looks at full() and pauses the
// choices.

#include <atomic>
#include <functional>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/mutex.h"
#include "text/generation.h"

namespace diptych {

class Channel {
 public:
  explicit Channel(int choice_count);

  // Writer.
  void publish(const Delta& news,
               const GenerationUsage& usage);  // merges into what waits for that choice
  void end(std::optional<Error> error, const GenerationUsage& usage, const GenerationTimes& times);
  std::size_t bytes_waiting() const { return bytes_.load(std::memory_order_relaxed); }

  // Reader.
  void on_ready(std::function<void()> wake);
  Result<std::optional<Delta>> poll();
  bool done() const;
  GenerationUsage usage() const;
  GenerationTimes times() const;
  void close();  // no wake is running or will run after this

 private:
  bool has_news() const REQUIRES(mutex_) {
    return !order_.empty() || error_ || (ended_ && !end_seen_);
  }
  void wake_reader() EXCLUDES(mutex_);

  mutable Mutex mutex_;
  std::vector<Delta> waiting_ GUARDED_BY(mutex_);  // by choice
  std::vector<int> order_ GUARDED_BY(mutex_);      // choices that have news, oldest first
  bool ended_ GUARDED_BY(mutex_) = false;
  bool end_seen_ GUARDED_BY(mutex_) = false;
  std::optional<Error> error_ GUARDED_BY(mutex_);
  bool armed_ GUARDED_BY(mutex_) = true;  // the reader found nothing since it was last woken
  GenerationUsage usage_ GUARDED_BY(mutex_);
  GenerationTimes times_ GUARDED_BY(mutex_);
  std::atomic<std::size_t> bytes_ = 0;

  // Held while wake_ runs, so that close() and on_ready() can promise that the old one is over.
  // Taken before mutex_; poll() never takes it.
  Mutex wake_mutex_;
  std::function<void()> wake_ GUARDED_BY(wake_mutex_);
};

}  // namespace diptych
