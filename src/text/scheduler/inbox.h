#pragma once
// Everything that other threads may do to the scheduler: hand in a request, cancel one, nudge. The
// only lock between submitters and the scheduler thread besides each stream's own.

#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "base/error.h"
#include "base/mutex.h"
#include "text/scheduler/ticket.h"

namespace diptych {

class Inbox {
 public:
  enum class Refusal { kFull, kDraining, kStopped };

  explicit Inbox(int queued_max) : queued_max_(queued_max) {}

  // Any thread.
  std::optional<Refusal> push(const TicketPtr& ticket);
  void cancel(Ticket& ticket);  // frees its queue place at once; stops the running step when nobody
                                // else is in it
  void nudge();                 // something changed that the scheduler should look at
  void drain();                 // refuse new work
  void stop();                  // and stop the running step, and every later one
  int queued_count() const;
  std::optional<Monotonic> oldest_arrival() const;  // of what take() has not taken yet

  // Scheduler thread.
  void take(
      std::vector<TicketPtr>& out);  // what arrived, in order; cancelled ones are gone already
  bool admit(Ticket& ticket);        // it leaves the queue for a slot; false: it was cancelled
  void drop(Ticket& ticket);         // it leaves the queue (timeout)
  // Sleeps until something arrives, the stop token fires or the time is over.
  void wait(std::stop_token stop, std::optional<Duration> at_most);

  // The step that runs now. `tickets` may repeat. The token fires when all of them are cancelled,
  // or on stop().
  std::stop_token begin_step(std::span<Ticket* const> tickets);
  void end_step(std::span<Ticket* const> tickets);

 private:
  void leave_queue(Ticket& ticket) REQUIRES(mutex_);

  const int queued_max_;
  mutable Mutex mutex_;
  CondVar changed_;
  bool nudged_ GUARDED_BY(mutex_) = false;
  bool draining_ GUARDED_BY(mutex_) = false;
  bool stopped_ GUARDED_BY(mutex_) = false;
  int queued_ GUARDED_BY(mutex_) = 0;
  std::uint64_t next_number_ GUARDED_BY(mutex_) = 1;
  std::vector<TicketPtr> arrived_ GUARDED_BY(mutex_);
  int live_in_step_ GUARDED_BY(mutex_) = 0;
  std::stop_source step_stop_ GUARDED_BY(mutex_);
};

}  // namespace diptych
