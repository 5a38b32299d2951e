#include "text/scheduler/fair_queue.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"

namespace diptych {

void FairQueue::push(TicketPtr ticket, Monotonic now) {
  ticket->rank_since = now;
  ++size_;
  cost_ += ticket->cost();
  const auto rank = static_cast<int>(ticket->request.priority);
  enqueue(rank, std::move(ticket));
}

void FairQueue::enqueue(int rank, TicketPtr ticket) {
  Line& line = line_of(lanes_[static_cast<std::size_t>(rank)], ticket->request.owner);
  line.tickets.push_back(std::move(ticket));
}

FairQueue::Line& FairQueue::line_of(Lane& lane, const std::string& owner) {
  const auto at = std::ranges::find(lane.lines, owner, &Line::owner);
  if (at != lane.lines.end()) return *at;
  return lane.lines.emplace_back(Line{.owner = owner, .credit = 0, .tickets = {}});
}

void FairQueue::age(Monotonic now) {
  for (int rank = kLanes - 2; rank >= 0; --rank) {  // from the top: at most one step each
    for (Line& line : lanes_[static_cast<std::size_t>(rank)].lines) {
      while (!line.tickets.empty() && now - line.tickets.front()->rank_since >= aging_) {
        TicketPtr ticket = std::move(line.tickets.front());
        line.tickets.pop_front();
        ticket->rank_since = now;
        enqueue(rank + 1, std::move(ticket));
      }
    }
  }
}

Ticket* FairQueue::next(const std::function<bool(const Ticket&)>& may_serve) {
  for (int rank = kLanes - 1; rank >= 0; --rank) {
    Lane& lane = lanes_[static_cast<std::size_t>(rank)];
    Line* best = nullptr;
    for (Line& line : lane.lines) {
      if (line.tickets.empty() || !may_serve(*line.tickets.front())) continue;
      if (best == nullptr || line.credit > best->credit) best = &line;
    }
    if (best == nullptr) continue;
    // All rounds until this line is out of debt, in one go. Credit is never saved up: the quiet
    // start at zero.
    const std::int64_t rounds = std::max<std::int64_t>(0, -best->credit);
    for (Line& line : lane.lines) line.credit = std::min<std::int64_t>(0, line.credit + rounds);
    next_lane_ = &lane;
    next_line_ = static_cast<std::size_t>(std::ranges::find(lane.lines, best->owner, &Line::owner) -
                                          lane.lines.begin());
    return best->tickets.front().get();
  }
  return nullptr;
}

TicketPtr FairQueue::pop() {
  CHECK(next_lane_ != nullptr);
  Lane& lane = *std::exchange(next_lane_, nullptr);
  const auto at = lane.lines.begin() + static_cast<std::ptrdiff_t>(next_line_);
  Line line = std::move(*at);
  lane.lines.erase(at);
  TicketPtr ticket = std::move(line.tickets.front());
  line.tickets.pop_front();
  line.credit -= ticket->cost();
  lane.lines.push_back(std::move(line));  // behind its equals
  --size_;
  cost_ -= ticket->cost();
  forgive_idle(lane);
  return ticket;
}

// An owner with nothing waiting is remembered only while it owes, and only beside others.
void FairQueue::forgive_idle(Lane& lane) {
  const bool anyone =
      std::ranges::any_of(lane.lines, [](const Line& line) { return !line.tickets.empty(); });
  std::erase_if(lane.lines, [anyone](const Line& line) {
    return line.tickets.empty() && (!anyone || line.credit >= 0);
  });
}

void FairQueue::remove_if(const std::function<bool(Ticket&)>& leaves) {
  for (Lane& lane : lanes_) {
    for (Line& line : lane.lines) {
      std::erase_if(line.tickets, [&](const TicketPtr& ticket) {
        if (!leaves(*ticket)) return false;
        --size_;
        cost_ -= ticket->cost();
        return true;
      });
    }
    forgive_idle(lane);
  }
  next_lane_ = nullptr;
}

std::vector<TicketPtr> FairQueue::take_all() {
  std::vector<TicketPtr> all;
  for (Lane& lane : lanes_)
    for (Line& line : lane.lines) std::ranges::move(line.tickets, std::back_inserter(all));
  lanes_ = {};
  next_lane_ = nullptr;
  size_ = 0;
  cost_ = 0;
  return all;
}

}  // namespace diptych
