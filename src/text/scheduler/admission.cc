#include "text/scheduler/admission.h"

#include <algorithm>
#include <utility>

namespace diptych {
namespace {

double in_seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

Admission::Admission(const SchedulerOptions& options, SequencePool& pool, Room& room, Inbox& inbox,
                     SchedulerMetrics& metrics)
    : options_(options),
      pool_(pool),
      room_(room),
      inbox_(inbox),
      metrics_(metrics),
      queue_(options.priority_aging) {}

void Admission::receive(Monotonic now) {
  arrived_.clear();
  inbox_.take(arrived_);
  for (TicketPtr& ticket : arrived_) {
    owners_seen_[ticket->request.owner] = now;
    queue_.push(std::move(ticket), now);
  }
  std::erase_if(owners_seen_,
                [&](const auto& item) { return now - item.second > options_.owner_memory; });
}

Monotonic Admission::expiry(const Ticket& ticket) const {
  const Duration wait =
      std::min(options_.queue_wait_max, ticket.request.timeout.value_or(Duration::max()));
  return ticket.submitted + wait;
}

void Admission::sweep(Monotonic now, const std::function<void(Ticket&)>& expire) {
  next_expiry_.reset();
  queue_.remove_if([&](Ticket& ticket) {
    if (ticket.cancelled) {
      metrics_.cancelled_queued.add();
      return true;
    }
    const Monotonic at = expiry(ticket);
    if (now >= at) {
      inbox_.drop(ticket);
      expire(ticket);
      return true;
    }
    if (!next_expiry_ || at < *next_expiry_) next_expiry_ = at;
    return false;
  });
  queue_.age(now);
}

void Admission::admit(Choices& running, const Vocabulary& vocabulary, Monotonic now) {
  if (room_.anyone_set_back(running)) return;  // they come first
  const auto may_serve = [&](const Ticket& ticket) {
    return leaves_room_for_others(ticket, running);
  };
  while (const Ticket* ticket = queue_.next(may_serve)) {
    if (!fits(*ticket, running))
      return;  // its turn stays: smaller ones behind it must not starve it
    TicketPtr admitted = queue_.pop();
    if (inbox_.admit(*admitted)) {
      start(std::move(admitted), running, vocabulary, now);
    } else {
      metrics_.cancelled_queued.add();
    }
  }
}

// While others are about, one owner does not take the last slots: the next of the others starts
// without waiting for an answer of his to end.
bool Admission::leaves_room_for_others(const Ticket& ticket, const Choices& running) const {
  const std::string& owner = ticket.request.owner;
  const bool alone =
      std::ranges::all_of(owners_seen_, [&](const auto& item) { return item.first == owner; });
  if (alone) return true;
  const auto held = static_cast<int>(std::ranges::count_if(
      running, [&](const auto& choice) { return choice->ticket->request.owner == owner; }));
  return held == 0 ||
         held + ticket.request.choice_count <= options_.slots_max - options_.owner_reserved_slots;
}

bool Admission::fits(const Ticket& ticket, const Choices& running) const {
  const auto busy = static_cast<int>(
      std::ranges::count_if(running, [](const auto& choice) { return !choice->reader_stalled; }));
  const int choices = ticket.request.choice_count;
  if (busy + choices > options_.slots_max) return false;
  if (busy == 0) return true;
  const int cells = ticket.prompt_count() + choices * options_.cells_ahead_per_choice;
  return room_.available(running) - room_.promised(running) >= cells;
}

void Admission::start(TicketPtr ticket, Choices& running, const Vocabulary& vocabulary,
                      Monotonic now) {
  const GenerationRequest& request = ticket->request;
  ticket->admitted = now;
  ticket->open_choices = request.choice_count;
  ticket->usage.prompt_tokens = ticket->prompt_count();
  metrics_.queue_seconds.observe(in_seconds(now - ticket->submitted));
  const int hint =
      request.prompt_logprobs ? 0 : pool_.prefix_of(request.cache_salt, request.prompt);
  for (int index = 0; index < request.choice_count; ++index) {
    auto choice = std::make_unique<Choice>(ticket, index, vocabulary);
    choice->prefix_hint = hint;
    running.push_back(std::move(choice));
  }
}

std::optional<Monotonic> Admission::next_expiry() const { return next_expiry_; }

std::vector<TicketPtr> Admission::take_all() {
  receive(Monotonic());
  return queue_.take_all();
}

}  // namespace diptych
