#include "store/retention.h"

#include <condition_variable>
#include <limits>
#include <mutex>
#include <thread>
#include <utility>

#include "base/log.h"

namespace diptych {
namespace {

constexpr int kRowsPerTransaction = 8;  // a response may have thousands of events
constexpr int kJobsPerTransaction = 64;
constexpr std::int64_t kDayMs = std::int64_t{24} * 60 * 60 * 1000;
constexpr Duration kInterval = std::chrono::minutes(10);
// The writer's lock is not fair: without a pause a long sweep would keep handlers waiting.
constexpr Duration kPauseBetweenTransactions = std::chrono::milliseconds(5);

// Sleeps unless it is stopped first.
void rest(const std::stop_token& stop, Duration duration) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any().wait_for(lock, stop, duration, [] { return false; });
}

Counter& erased(Metrics& metrics, std::string_view reason) {
  return metrics.counter("diptych_store_erased_total",
                         "Stored answers given up because of their age or of the store's size.",
                         {{"reason", std::string(reason)}});
}

class Thread final : public RetentionThread {
 public:
  Thread(Retention answers, HistoryRetention history)
      : answers_(std::move(answers)),
        history_(std::move(history)),
        thread_([this](const std::stop_token& stop) { run(stop); }) {}

 private:
  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (const Status status = answers_.sweep(stop); !status)
        log_warn("old answers could not be erased: {}", status.error().message);
      if (const Status status = history_.sweep(stop); !status)
        log_warn("old jobs could not be erased: {}", status.error().message);
      rest(stop, kInterval);
    }
  }

  Retention answers_;
  HistoryRetention history_;
  std::jthread thread_;  // last: it uses the above
};

}  // namespace

Retention::Retention(AnswerExpiry& expiry, RetentionLimits limits, const Clock& clock,
                     Metrics& metrics)
    : expiry_(expiry),
      limits_(limits),
      clock_(clock),
      too_old_(erased(metrics, "age")),
      too_much_(erased(metrics, "size")),
      bytes_(metrics.gauge("diptych_store_bytes", "Size of everything stored.")) {}

Status Retention::sweep(const std::stop_token& stop) {
  const double before = too_old_.value() + too_much_.value();
  TRY_STATUS(erase_old(stop));
  TRY_STATUS(erase_excess(stop));
  if (const double count = too_old_.value() + too_much_.value() - before; count > 0)
    log_info("{:.0f} stored answers were given up: store.keep_days {}, store.bytes_max {}", count,
             limits_.keep_days, limits_.bytes_max);
  return {};
}

Status Retention::erase_old(const std::stop_token& stop) {
  if (limits_.keep_days <= 0) return {};
  const std::int64_t before = clock_.unix_ms() - limits_.keep_days * kDayMs;
  while (!stop.stop_requested()) {
    TRY(const int count, expiry_.erase_oldest(before, kRowsPerTransaction));
    too_old_.add(count);
    if (count < kRowsPerTransaction) break;
    rest(stop, kPauseBetweenTransactions);
  }
  return {};
}

Status Retention::erase_excess(const std::stop_token& stop) {
  while (true) {
    TRY(const std::uint64_t bytes, expiry_.used_bytes());
    bytes_.set(static_cast<double>(bytes));
    if (bytes <= limits_.bytes_max || stop.stop_requested()) return {};
    TRY(const int count,
        expiry_.erase_oldest(std::numeric_limits<std::int64_t>::max(), kRowsPerTransaction));
    too_much_.add(count);
    if (count == 0) {  // the rest is keys and answers that are still computed
      log_warn("the store holds {} bytes, past store.bytes_max {}, and nothing in it can go", bytes,
               limits_.bytes_max);
      return {};
    }
    rest(stop, kPauseBetweenTransactions);
  }
}

HistoryRetention::HistoryRetention(JobStore& jobs, HistoryLimits limits, const Clock& clock,
                                   Metrics& metrics)
    : jobs_(jobs),
      limits_(limits),
      clock_(clock),
      erased_(metrics.counter("diptych_jobs_erased_total",
                              "Ended jobs given up because of a bound of the history.")) {}

Status HistoryRetention::sweep(const std::stop_token& stop) {
  JobStore::Keep keep;
  if (limits_.keep_days > 0) keep.created_after_ms = clock_.unix_ms() - limits_.keep_days * kDayMs;
  keep.count_max = limits_.jobs_max;
  keep.bytes_max = limits_.bytes_max;
  int erased = 0;
  while (!stop.stop_requested()) {
    TRY(const int count, jobs_.retain(keep, kJobsPerTransaction));
    erased_.add(count);
    erased += count;
    if (count < kJobsPerTransaction) break;
    rest(stop, kPauseBetweenTransactions);
  }
  if (erased > 0)
    log_info(
        "{} ended jobs were given up: jobs.keep_days {}, jobs.kept_max {}, "
        "jobs.kept_bytes_max {}",
        erased, limits_.keep_days, limits_.jobs_max, limits_.bytes_max);
  return {};
}

std::unique_ptr<RetentionThread> start_retention(Retention answers, HistoryRetention history) {
  return std::make_unique<Thread>(std::move(answers), std::move(history));
}

}  // namespace diptych
