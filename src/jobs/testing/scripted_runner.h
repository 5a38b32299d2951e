#pragma once
// A runner without a model: steps, previews, faults and latency as a test says. What it makes
// depends on the request only, so that a job that was interrupted can be compared.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "jobs/job_runner.h"

namespace diptych::testing {

struct JobScript {
  std::vector<JobKind> kinds{JobKind::kPicture};
  int steps = 4;
  int pictures = 1;
  Duration step_time{};        // real time
  bool previews = true;        // after each step, when somebody watches
  int checkpoint_every = 0;    // steps; 0: never
  std::int64_t cost = 0;       // cost_of()
  std::optional<Error> fault;  // instead of a result, after the first step
  bool throws = false;         // an exception instead of `fault`
};

class Gate {  // holds runs before each step while it is closed; safe from any thread
 public:
  void close() EXCLUDES(mutex_);
  void open() EXCLUDES(mutex_);                             // for good, or until close()
  void let_one_pass() EXCLUDES(mutex_);                     // one step of one run
  void wait_until_held(int count = 1) EXCLUDES(mutex_);     // so many runs wait
  void pass(const std::stop_token& stop) EXCLUDES(mutex_);  // the runner's side

 private:
  Mutex mutex_;
  CondVar changed_;
  bool closed_ GUARDED_BY(mutex_) = false;
  int passes_ GUARDED_BY(mutex_) = 0;
  int held_ GUARDED_BY(mutex_) = 0;
};

struct RunnerLog {  // safe from any thread; outlives the runner
 public:
  void add(std::string id) EXCLUDES(mutex_);
  std::vector<std::string> started() const EXCLUDES(mutex_);  // ids, in order

 private:
  mutable Mutex mutex_;
  std::vector<std::string> started_ GUARDED_BY(mutex_);
};

class ScriptedRunner final : public JobRunner {
 public:
  // Neither gate nor log: nullptr.
  explicit ScriptedRunner(JobScript script, Gate* gate = nullptr, RunnerLog* log = nullptr)
      : script_(std::move(script)), gate_(gate), log_(log) {}

  std::span<const JobKind> kinds() const override { return script_.kinds; }
  std::int64_t cost_of(const NewJob& /*job*/) const override { return script_.cost; }
  Result<JobResult> run(const Job& job, JobContext& context) override;

 private:
  Status step(const Job& job, JobContext& context, int step);
  Result<JobOutput> make_output(const Job& job, JobContext& context, int index) const;

  const JobScript script_;
  Gate* const gate_;
  RunnerLog* const log_;
};

// The bytes of a job's picture: a small PNG.
std::string scripted_picture(std::string_view request, int index);

}  // namespace diptych::testing
