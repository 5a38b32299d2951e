#pragma once
// From the queue into slots: who may start now, in which order, and who has waited too long.

#include <functional>
#include <map>
#include <string>

#include "text/scheduler/choice.h"
#include "text/scheduler/fair_queue.h"
#include "text/scheduler/inbox.h"
#include "text/scheduler/room.h"

namespace diptych {

class Admission {
 public:
  Admission(const SchedulerOptions& options, SequencePool& pool, Room& room, Inbox& inbox,
            SchedulerMetrics& metrics);

  void receive(Monotonic now);  // what arrived since
  // Drops what was cancelled; `expire` ends a request that has waited too long.
  void sweep(Monotonic now, const std::function<void(Ticket&)>& expire);
  void admit(Choices& running, const Vocabulary& vocabulary, Monotonic now);
  std::optional<Monotonic> next_expiry() const;
  std::vector<TicketPtr> take_all();

  std::int64_t cost_waiting() const { return queue_.cost(); }

 private:
  bool leaves_room_for_others(const Ticket& ticket, const Choices& running) const;
  bool fits(const Ticket& ticket, const Choices& running) const;
  void start(TicketPtr ticket, Choices& running, const Vocabulary& vocabulary, Monotonic now);
  Monotonic expiry(const Ticket& ticket) const;

  const SchedulerOptions& options_;
  SequencePool& pool_;
  Room& room_;
  Inbox& inbox_;
  SchedulerMetrics& metrics_;
  FairQueue queue_;
  std::vector<TicketPtr> arrived_;
  std::map<std::string, Monotonic> owners_seen_;
  std::optional<Monotonic> next_expiry_;
};

}  // namespace diptych
