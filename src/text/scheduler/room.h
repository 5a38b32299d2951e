#pragma once
// Finds memory for the tokens of the next step: kept prefixes make way first, then the youngest
// running choice, which starts again from its tokens later. Nothing is lost by that: sampling is
// keyed by position, so the redo is the same.

#include "text/scheduler/choice.h"
#include "text/scheduler/scheduler.h"
#include "text/scheduler/scheduler_metrics.h"
#include "text/scheduler/sequence_pool.h"

namespace diptych {

class Room {
 public:
  Room(const SchedulerOptions& options, SequencePool& pool, SchedulerMetrics& metrics)
      : options_(options), pool_(pool), metrics_(metrics) {}

  void start_step(const Choices& running);
  // See BatchPlanner::Grant.
  int grant(Choice& choice, int wanted);
  void set_back(Choice& choice);  // gives up its sequence; it starts again from its tokens
  // Sets back the youngest choice other than the oldest; false: there is no such choice.
  bool set_back_youngest(const Choices& running);

  // Cells that are free, or could be: kept prefixes, and what waits for a reader that does not
  // read.
  int available(const Choices& running) const;
  // Cells that running choices will soon want, beyond what they hold.
  int promised(const Choices& running) const;
  bool anyone_set_back(const Choices& running) const;

 private:
  bool place(Choice& choice);
  bool may_return() const;
  bool is_granted(const Choice& choice) const;
  Choice* victim_for(const Choice& choice) const;

  const SchedulerOptions& options_;
  SequencePool& pool_;
  SchedulerMetrics& metrics_;
  const Choices* running_ = nullptr;
  std::vector<const Choice*> granted_;  // in this step
  int taken_ = 0;                       // cells of this step
};

}  // namespace diptych
