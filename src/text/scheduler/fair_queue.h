#pragma once
// The waiting requests. Priorities are strict, with aging; inside a priority, deficit round robin
// between owners: a request may go when its owner's credit is not negative, and is charged its cost
// (tokens, worst case) when it goes. So an owner that was quiet is served at once, and one that
// floods only delays itself.

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "text/scheduler/ticket.h"

namespace diptych {

class FairQueue {
 public:
  explicit FairQueue(Duration aging) : aging_(aging) {}

  void push(TicketPtr ticket, Monotonic now);
  // Raises by one priority what has waited `aging` in its present one.
  void age(Monotonic now);
  // The request to serve next among owners that `may_serve` allows; nullptr: none. Stays until
  // pop().
  Ticket* next(const std::function<bool(const Ticket&)>& may_serve);
  TicketPtr pop();  // what next() returned last
  // Takes out every request for which `leaves` is true.
  void remove_if(const std::function<bool(Ticket&)>& leaves);
  std::vector<TicketPtr> take_all();

  int size() const { return size_; }
  std::int64_t cost() const { return cost_; }  // of all that wait

 private:
  struct Line {  // one owner's requests at one priority, oldest first
    std::string owner;
    std::int64_t credit = 0;  // tokens; negative: a debt from what was served
    std::deque<TicketPtr> tickets;
  };
  struct Lane {
    std::deque<Line> lines;  // round-robin order; a line without tickets stays while it owes
  };

  Line& line_of(Lane& lane, const std::string& owner);
  void enqueue(int rank, TicketPtr ticket);
  void forgive_idle(Lane& lane);

  static constexpr int kLanes = 4;  // by Priority
  const Duration aging_;
  std::array<Lane, kLanes> lanes_;
  Lane* next_lane_ = nullptr;
  std::size_t next_line_ = 0;
  int size_ = 0;
  std::int64_t cost_ = 0;
};

}  // namespace diptych
