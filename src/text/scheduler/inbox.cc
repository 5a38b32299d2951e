#include "text/scheduler/inbox.h"

#include <algorithm>

namespace diptych {

std::optional<Inbox::Refusal> Inbox::push(const TicketPtr& ticket) {
  {
    MutexLock lock(mutex_);
    if (stopped_) return Refusal::kStopped;
    if (draining_) return Refusal::kDraining;
    if (queued_ >= queued_max_) return Refusal::kFull;
    ++queued_;
    ticket->number = next_number_++;
    arrived_.push_back(ticket);
    nudged_ = true;
  }
  changed_.notify_one();
  return std::nullopt;
}

void Inbox::cancel(Ticket& ticket) {
  TicketPtr dropped;  // freed outside the lock
  {
    MutexLock lock(mutex_);
    if (ticket.cancelled.exchange(true)) return;
    if (ticket.place == Ticket::Place::kArrived) {
      const auto at = std::ranges::find(arrived_, &ticket, &TicketPtr::get);
      if (at != arrived_.end()) {
        dropped = std::move(*at);
        arrived_.erase(at);
      }
    }
    leave_queue(ticket);
    if (ticket.in_step) {
      ticket.in_step = false;
      if (--live_in_step_ == 0) step_stop_.request_stop();
    }
    nudged_ = true;
  }
  changed_.notify_one();
}

void Inbox::leave_queue(Ticket& ticket) {
  if (ticket.place != Ticket::Place::kArrived && ticket.place != Ticket::Place::kQueued) return;
  ticket.place = Ticket::Place::kGone;
  --queued_;
}

void Inbox::nudge() {
  {
    MutexLock lock(mutex_);
    nudged_ = true;
  }
  changed_.notify_one();
}

void Inbox::drain() {
  MutexLock lock(mutex_);
  draining_ = true;
}

int Inbox::queued_count() const {
  MutexLock lock(mutex_);
  return queued_;
}

std::optional<Monotonic> Inbox::oldest_arrival() const {
  MutexLock lock(mutex_);
  if (arrived_.empty()) return std::nullopt;
  return arrived_.front()->submitted;
}

void Inbox::take(std::vector<TicketPtr>& out) {
  MutexLock lock(mutex_);
  nudged_ = false;
  for (TicketPtr& ticket : arrived_) {
    ticket->place = Ticket::Place::kQueued;
    out.push_back(std::move(ticket));
  }
  arrived_.clear();
}

bool Inbox::admit(Ticket& ticket) {
  MutexLock lock(mutex_);
  if (ticket.place != Ticket::Place::kQueued) return false;
  leave_queue(ticket);
  ticket.place = Ticket::Place::kAdmitted;
  return true;
}

void Inbox::drop(Ticket& ticket) {
  MutexLock lock(mutex_);
  leave_queue(ticket);
}

void Inbox::stop() {
  MutexLock lock(mutex_);
  stopped_ = true;
  step_stop_.request_stop();
}

void Inbox::wait(std::stop_token stop, std::optional<Duration> at_most) {
  const std::stop_callback wake(stop, [this] { nudge(); });
  MutexLock lock(mutex_);
  const auto ready = [this, &stop]() REQUIRES(mutex_) { return nudged_ || stop.stop_requested(); };
  if (at_most) {
    changed_.wait_for(mutex_, *at_most, ready);
  } else {
    changed_.wait(mutex_, ready);
  }
}

std::stop_token Inbox::begin_step(std::span<Ticket* const> tickets) {
  MutexLock lock(mutex_);
  if (step_stop_.stop_requested() && !stopped_) step_stop_ = std::stop_source();
  live_in_step_ = 0;
  for (Ticket* ticket : tickets) {
    if (ticket->in_step || ticket->cancelled) continue;
    ticket->in_step = true;
    ++live_in_step_;
  }
  if (live_in_step_ == 0) step_stop_.request_stop();
  return step_stop_.get_token();
}

void Inbox::end_step(std::span<Ticket* const> tickets) {
  MutexLock lock(mutex_);
  for (Ticket* ticket : tickets) ticket->in_step = false;
  live_in_step_ = 0;
}

}  // namespace diptych
