#include "text/scheduler/scheduler.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "text/scheduler/inbox.h"
#include "text/scheduler/request_check.h"
#include "text/scheduler/step_loop.h"
#include "text/scheduler/ticket_stream.h"

namespace diptych {
namespace {

constexpr int kStallRetryMs = 5000;
constexpr int kLooksPerStall = 8;  // a stall is noticed within an eighth of the limit

Error shutting_down() {
  return {.code = ErrorCode::kCancelled, .message = "the server is shutting down"};
}

class EngineScheduler final : public Scheduler {
 public:
  EngineScheduler(std::unique_ptr<Engine> engine, const SchedulerOptions& options,
                  const Clock& clock, Metrics& metrics)
      : engine_(std::move(engine)),
        options_(options),
        clock_(clock),
        inbox_(std::make_shared<Inbox>(options.queued_max)),
        loop_(*engine_, options, clock, metrics, *inbox_) {}
  ~EngineScheduler() override {
    inbox_->stop();
    loop_.end_all(shutting_down());
  }

  Result<std::unique_ptr<Stream>> submit(GenerationRequest request) override {
    TRY_STATUS(check_request(request, *engine_, loop_.slot_count()));
    if (const auto stall = loop_.stall()) return refuse_stalled(*stall);
    auto ticket = std::make_shared<Ticket>(std::move(request), clock_.now());
    if (const auto refusal = inbox_->push(ticket)) return refuse(*refusal);
    return std::make_unique<TicketStream>(std::move(ticket), inbox_,
                                          static_cast<std::size_t>(options_.stream_bytes_max));
  }

  SchedulerLoad load() const override { return loop_.load(); }
  void drain() override { inbox_->drain(); }

  void run(std::stop_token stop) override {
    const std::stop_callback on_stop(stop, [this] { inbox_->stop(); });
    const std::jthread watch([this](const std::stop_token& over) { watch_steps(over); });
    while (!stop.stop_requested())
      if (loop_.step_once() == StepLoop::Outcome::kIdle)
        inbox_->wait(stop, loop_.until_next_deadline());
    loop_.end_all(shutting_down());
  }

 private:
  std::unexpected<Error> refuse(Inbox::Refusal refusal) {
    if (refusal != Inbox::Refusal::kFull) return fail(shutting_down());
    loop_.count_refusal();
    const int wait_ms = loop_.retry_after_ms();
    return fail(Error{
        .code = ErrorCode::kOverloaded,
        .message = fmt::format("{} requests are waiting already, the limit; try again in {:.1f} s",
                               options_.queued_max, wait_ms / 1000.0),
        .retry_after_ms = wait_ms});
  }

  std::unexpected<Error> refuse_stalled(std::string_view what) {
    loop_.count_refusal();
    return fail(Error{.code = ErrorCode::kOverloaded,
                      .message = fmt::format("the model makes no progress: {}", what),
                      .param = {},
                      .detail = "model_stalled",
                      .retry_after_ms = kStallRetryMs});
  }

  // So that a stall is in the log and the metrics also when nobody asks.
  void watch_steps(const std::stop_token& over) {
    if (options_.step_stall_max <= Duration::zero()) return;
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any sleep;
    while (!over.stop_requested()) {
      sleep.wait_for(lock, over, options_.step_stall_max / kLooksPerStall, [] { return false; });
      (void)loop_.stall();
    }
  }

  const std::unique_ptr<Engine> engine_;
  const SchedulerOptions options_;
  const Clock& clock_;
  const std::shared_ptr<Inbox> inbox_;
  StepLoop loop_;
};

}  // namespace

std::unique_ptr<Scheduler> make_scheduler(std::unique_ptr<Engine> engine,
                                          const SchedulerOptions& options, const Clock& clock,
                                          Metrics& metrics) {
  return std::make_unique<EngineScheduler>(std::move(engine), options, clock, metrics);
}

}  // namespace diptych
