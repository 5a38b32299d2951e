#pragma once
// Whose job is next: start-time fair queuing (Goyal, Vin, Cheng 1996) within each priority. An
// owner's next job carries a tag, the work the owner was given so far; the smallest tag is served.
// Who was away starts at the tag of who is served now: absence earns no credit.

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "jobs/job.h"

namespace diptych {

// What a job counts for while nobody knows better: 512 × 512 pixels, 20 steps.
constexpr std::int64_t kTypicalCost = std::int64_t{512} * 512 * 20;
constexpr std::int64_t charged_cost(std::int64_t cost) { return cost > 0 ? cost : kTypicalCost; }

struct WaitingJob {
  std::int64_t number = 0;  // order of acceptance
  std::string owner;
  JobPriority priority = JobPriority::kNormal;
  std::int64_t cost = 0;  // pixel-steps; 0: unknown
};

class FairShares {
 public:
  FairShares() = default;
  FairShares(std::map<std::string, std::int64_t> served, std::int64_t clock)
      : served_(std::move(served)), clock_(clock) {}

  std::int64_t tag_of(const std::string& owner) const;
  std::int64_t clock() const { return clock_; }
  void start(const WaitingJob& job);  // charges charged_cost()

 private:
  std::map<std::string, std::int64_t> served_;  // pixel-steps
  std::int64_t clock_ = 0;                      // tag of the job that started last
};

// Index of the job that starts next; jobs.size(): there is none.
std::size_t pick_next(std::span<const WaitingJob> jobs, const FairShares& shares);

// Numbers in the order in which they would start if nothing came or ended differently. O(n log n).
std::vector<std::int64_t> expected_order(std::span<const WaitingJob> jobs, FairShares shares);

}  // namespace diptych
