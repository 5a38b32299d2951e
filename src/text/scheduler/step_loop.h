#pragma once
// The scheduler thread's work, one step at a time: take in, admit, plan, compute, sample, hand out.
// Single-threaded apart from the Inbox and load(): tests drive step_once() themselves.

#include <optional>
#include <vector>

#include "text/scheduler/admission.h"
#include "text/scheduler/answer_writer.h"
#include "text/scheduler/batch_planner.h"
#include "text/scheduler/load_board.h"
#include "text/scheduler/scheduler.h"
#include "text/scheduler/step_watch.h"

namespace diptych {

class StepLoop {
 public:
  StepLoop(Engine& engine, const SchedulerOptions& options, const Clock& clock, Metrics& metrics,
           Inbox& inbox);

  enum class Outcome { kWorked, kIdle };
  Outcome step_once();
  std::optional<Duration> until_next_deadline() const;  // for sleeping while idle
  void end_all(const Error& error);

  // Any thread.
  SchedulerLoad load() const;
  std::optional<std::string> stall() const { return watch_.stall(inbox_.oldest_arrival()); }
  int retry_after_ms() const { return board_.retry_after_ms(); }
  void count_refusal() { metrics_.refused.add(); }

  int slot_count() const { return options_.slots_max; }
  const SequencePool& pool() const { return pool_; }  // for the tests' invariants
  int running_count() const { return static_cast<int>(running_.size()); }

 private:
  void sweep(Monotonic now);
  void watch_reader(Choice& choice, Monotonic now);
  void compute();
  void take_share(const BatchShare& share, Monotonic now);
  void start_siblings(Choice& first, std::span<const float> logits, Monotonic now);
  void relieve_overload();
  void fail_batch(const Error& error);
  void end(Ticket& ticket, std::optional<Error> error);
  void remove_done();
  void count_cancel(const Choice& choice);
  void measure(Duration took);
  void publish_load();

  Engine& engine_;
  const SchedulerOptions options_;
  const Clock& clock_;
  Inbox& inbox_;
  SchedulerMetrics metrics_;
  SequencePool pool_;
  Room room_;
  Admission admission_;
  BatchPlanner planner_;
  AnswerWriter writer_;

  Choices running_;  // oldest first
  BatchPlan plan_;
  std::vector<Ticket*> step_tickets_;
  int token_limit_;  // of the next step; lowered while the engine has no room
  int lonely_overloads_ = 0;
  std::int64_t evictions_seen_ = 0;
  std::optional<Monotonic> last_step_end_;

  LoadBoard board_;
  mutable StepWatch watch_;  // remembers whether a stall was reported
};

}  // namespace diptych
