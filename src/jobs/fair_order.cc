#include "jobs/fair_order.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <tuple>
#include <utility>

namespace diptych {
std::int64_t FairShares::tag_of(const std::string& owner) const {
  const auto found = served_.find(owner);
  return found == served_.end() ? clock_ : std::max(found->second, clock_);
}

void FairShares::start(const WaitingJob& job) {
  const std::int64_t tag = tag_of(job.owner);
  clock_ = tag;
  served_[job.owner] = tag + charged_cost(job.cost);
}

std::size_t pick_next(std::span<const WaitingJob> jobs, const FairShares& shares) {
  const auto rank = [&](const WaitingJob& job) {
    return std::tuple(-static_cast<int>(job.priority), shares.tag_of(job.owner), job.number);
  };
  const auto best = std::ranges::min_element(jobs, {}, rank);
  return static_cast<std::size_t>(best - jobs.begin());
}

std::vector<std::int64_t> expected_order(std::span<const WaitingJob> jobs, FairShares shares) {
  // Within a priority an owner's jobs start in the order of their numbers, so only the first of
  // each line competes.
  using Line = std::vector<const WaitingJob*>;        // newest first
  std::map<std::pair<int, std::string>, Line> lines;  // high priority first
  for (const WaitingJob& job : jobs)
    lines[{-static_cast<int>(job.priority), job.owner}].push_back(&job);
  for (auto& [key, line] : lines) std::ranges::sort(line, std::greater(), &WaitingJob::number);

  using Candidate = std::tuple<int, std::int64_t, std::int64_t, Line*>;  // priority, tag, number
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> next;
  const auto offer = [&](Line& line) {
    if (line.empty()) return;
    const WaitingJob& job = *line.back();
    next.emplace(-static_cast<int>(job.priority), shares.tag_of(job.owner), job.number, &line);
  };
  for (auto& [key, line] : lines) offer(line);

  std::vector<std::int64_t> order;
  order.reserve(jobs.size());
  while (!next.empty()) {
    const auto [priority, tag, number, line] = next.top();
    next.pop();
    const WaitingJob& job = *line->back();
    if (tag < shares.tag_of(job.owner)) {  // it was offered before the clock went on
      offer(*line);
      continue;
    }
    shares.start(job);
    order.push_back(number);
    line->pop_back();
    offer(*line);
  }
  return order;
}

}  // namespace diptych
