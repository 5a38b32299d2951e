#include "store/testing/job_bench.h"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "base/check.h"
#include "base/mutex.h"

namespace diptych::testing {
namespace {

template <class T>
T value_of(Result<T> result) {
  if (!result) fmt::print(stderr, "{}\n", result.error().message);
  CHECK(result);
  return *std::move(result);
}

}  // namespace

JobBench::JobBench(JobBenchOptions with)
    : options(std::move(with)),
      store(value_of(make_sqlite_store(options.file, *options.clock))),
      feed(make_event_feed(*options.clock)) {
  if (options.starts) start();
}

JobBench::~JobBench() { stop(); }

void JobBench::start() {
  std::vector<std::unique_ptr<JobRunner>> runners;
  for (int i = 0; i < options.workers; ++i)
    runners.push_back(std::make_unique<ScriptedRunner>(options.script, &gate, &log));
  queue = value_of(make_job_queue({.store = store->jobs(),
                                   .blobs = store->blobs(),
                                   .feed = *feed,
                                   .metrics = *metrics,
                                   .clock = *options.clock},
                                  options.queue, std::move(runners)));
}

void JobBench::stop() { queue.reset(); }

Submitted JobBench::submit(NewJob job) { return value_of(queue->submit(job)); }

Job JobBench::wait_for_end(const std::string& id) {
  EventReader reader(feed->subscribe(id, std::nullopt));
  Job job = value_of(store->jobs().get(id));
  while (!is_final(job.state)) {
    if (is_final(reader.next().state)) job = value_of(store->jobs().get(id));
  }
  return job;
}

struct EventReader::Signal {
  Mutex mutex;
  CondVar changed;
  bool ready GUARDED_BY(mutex) = false;

  void set() {
    {
      const MutexLock lock(mutex);
      ready = true;
    }
    changed.notify_all();
  }
  void wait() {
    const MutexLock lock(mutex);
    changed.wait(mutex, [this]() REQUIRES(mutex) { return ready; });
    ready = false;
  }
};

EventReader::EventReader(std::unique_ptr<Subscription> subscription)
    : signal_(std::make_shared<Signal>()), subscription_(std::move(subscription)) {
  subscription_->on_ready([signal = signal_] { signal->set(); });
}

EventReader::~EventReader() = default;

JobEvent EventReader::next() {
  while (true) {
    if (std::optional<JobEvent> event = subscription_->poll()) return *std::move(event);
    signal_->wait();
  }
}

JobEvent EventReader::next_of_type(std::string_view type) {
  while (true) {
    JobEvent event = next();
    if (event.type == type) return event;
  }
}

}  // namespace diptych::testing
