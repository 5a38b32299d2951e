#include "text/scheduler/scheduler.h"

#include <fmt/format.h>

#include <utility>

#include "text/scheduler/inbox.h"
#include "text/scheduler/request_check.h"
#include "text/scheduler/step_loop.h"
#include "text/scheduler/ticket_stream.h"

namespace diptych {
namespace {

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
    auto ticket = std::make_shared<Ticket>(std::move(request), clock_.now());
    if (const auto refusal = inbox_->push(ticket)) return refuse(*refusal);
    return std::make_unique<TicketStream>(std::move(ticket), inbox_,
                                          static_cast<std::size_t>(options_.stream_bytes_max));
  }

  SchedulerLoad load() const override { return loop_.load(); }
  void drain() override { inbox_->drain(); }

  void run(std::stop_token stop) override {
    const std::stop_callback on_stop(stop, [this] { inbox_->stop(); });
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
