#include "text/scheduler/step_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/log.h"

namespace diptych {
namespace {

// One choice alone finds no room for one token: it starts again from nothing this often before it
// is given up.
constexpr int kLonelyOverloadsMax = 3;

double in_seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

SchedulerOptions with_possible_slots(SchedulerOptions options, const Engine& engine) {
  options.slots_max = std::min(options.slots_max, engine.limits().sequence_count);
  return options;
}

Error timed_out(const Ticket& ticket, Duration limit, std::string_view where) {
  return {
      .code = ErrorCode::kTimeout,
      .message = fmt::format("the request was {} for {:.3g} s, its limit; {} tokens were generated",
                             where, in_seconds(limit), ticket.usage.completion_tokens)};
}

}  // namespace

StepLoop::StepLoop(Engine& engine, const SchedulerOptions& options, const Clock& clock,
                   Metrics& metrics, Inbox& inbox)
    : engine_(engine),
      options_(with_possible_slots(options, engine)),
      clock_(clock),
      inbox_(inbox),
      metrics_(metrics),
      pool_(engine, options.cached_cells_max),
      room_(options_, pool_, metrics_),
      admission_(options_, pool_, room_, inbox, metrics_),
      planner_(options_, engine.limits().step_token_count),
      writer_(engine.vocabulary(), metrics_),
      token_limit_(std::numeric_limits<int>::max()),
      watch_(options.step_stall_max, clock, metrics) {
  publish_load();
}

StepLoop::Outcome StepLoop::step_once() {
  watch_.begin(StepWatch::Work::kPlanning);
  const Monotonic now = clock_.now();
  admission_.receive(now);
  sweep(now);
  admission_.admit(running_, engine_.vocabulary(), now);
  room_.start_step(running_);
  planner_.plan(
      running_, token_limit_,
      [this](Choice& choice, int wanted) { return room_.grant(choice, wanted); }, plan_);
  const Outcome outcome = plan_.tokens.empty() ? Outcome::kIdle : Outcome::kWorked;
  if (outcome == Outcome::kWorked) {
    compute();
    remove_done();
  } else {
    last_step_end_.reset();  // what follows is rest, not overhead
  }
  publish_load();
  watch_.begin(StepWatch::Work::kNothing);
  return outcome;
}

void StepLoop::sweep(Monotonic now) {
  admission_.sweep(now, [&](Ticket& ticket) {
    metrics_.timeouts.add();
    const bool own = ticket.request.timeout && *ticket.request.timeout <= options_.queue_wait_max;
    end(ticket,
        timed_out(ticket, own ? *ticket.request.timeout : options_.queue_wait_max, "queued"));
  });
  for (const auto& choice : running_) {
    Ticket& ticket = *choice->ticket;
    if (ticket.ended) continue;
    if (ticket.cancelled) {
      count_cancel(*choice);
      end(ticket, Error{.code = ErrorCode::kCancelled, .message = "the reader has gone"});
    } else if (ticket.request.timeout && now >= ticket.submitted + *ticket.request.timeout) {
      metrics_.timeouts.add();
      end(ticket, timed_out(ticket, *ticket.request.timeout, "running"));
    } else if (ticket.enough[static_cast<std::size_t>(choice->index)]) {
      writer_.stop(*choice);
    } else {
      watch_reader(*choice, now);
    }
  }
  remove_done();
}

void StepLoop::watch_reader(Choice& choice, Monotonic now) {
  const std::size_t bytes = choice.ticket->channel.bytes_waiting();
  const auto most = static_cast<std::size_t>(options_.stream_bytes_max);
  if (!choice.reader_stalled && bytes > most) {
    choice.reader_stalled = true;
    choice.stalled_since = now;
  } else if (choice.reader_stalled && bytes <= most / 2) {
    choice.reader_stalled = false;
  }
  if (!choice.reader_stalled || now - choice.stalled_since < options_.reader_stall_max) return;
  metrics_.stalled_readers.add();
  end(*choice.ticket, Error{.code = ErrorCode::kTimeout,
                            .message = fmt::format(
                                "the stream was not read for {:.3g} s while {} bytes were waiting",
                                in_seconds(options_.reader_stall_max), bytes)});
}

void StepLoop::compute() {
  step_tickets_.clear();
  for (const BatchShare& share : plan_.shares) step_tickets_.push_back(share.choice->ticket.get());
  const Monotonic start = clock_.now();
  if (last_step_end_) metrics_.overhead_seconds.observe(in_seconds(start - *last_step_end_));
  const std::stop_token stop = inbox_.begin_step(step_tickets_);
  const auto choice_count = static_cast<int>(plan_.shares.size());
  watch_.begin(StepWatch::Work::kComputing, static_cast<int>(plan_.tokens.size()), choice_count);
  const Status status = engine_.step(plan_.tokens, stop);
  inbox_.end_step(step_tickets_);
  watch_.begin(StepWatch::Work::kSampling, 0, choice_count);
  const Monotonic now = clock_.now();
  last_step_end_ = now;

  if (status) {
    token_limit_ = std::numeric_limits<int>::max();
    lonely_overloads_ = 0;
    measure(now - start);
    for (const BatchShare& share : plan_.shares) take_share(share, now);
    return;
  }
  switch (status.error().code) {
    case ErrorCode::kOverloaded:
      return relieve_overload();
    case ErrorCode::kCancelled:
      for (const BatchShare& share : plan_.shares) {
        if (share.choice->ticket->cancelled) metrics_.wasted_tokens.add(share.count);
        pool_.restore(share.choice->sequence);
        share.choice->computed = pool_.length(share.choice->sequence);
      }
      return;
    default:
      return fail_batch(status.error());
  }
}

void StepLoop::measure(Duration took) {
  const int tokens = static_cast<int>(plan_.tokens.size());
  metrics_.steps.add();
  metrics_.step_seconds.observe(in_seconds(took));
  metrics_.batch_tokens.observe(tokens);
  board_.note_step(tokens, took);
}

void StepLoop::take_share(const BatchShare& share, Monotonic now) {
  Choice& choice = *share.choice;
  Ticket& ticket = *choice.ticket;
  const std::span<const TokenId> tokens(choice.tokens);
  pool_.append(choice.sequence, tokens.subspan(static_cast<std::size_t>(share.first),
                                               static_cast<std::size_t>(share.count)));
  choice.computed += share.count;
  if (ticket.ended) return;
  if (ticket.cancelled) return metrics_.wasted_tokens.add(share.count);
  const bool prompt = choice.phase == Choice::Phase::kPrompt;
  if (prompt) metrics_.prompt_tokens.add(share.count);
  if (prompt && ticket.request.prompt_logprobs) {
    for (int i = 0; i < share.count && share.first + i + 1 < ticket.prompt_count(); ++i)
      writer_.note_prompt_logprob(ticket, share.first + i + 1,
                                  engine_.logits(share.batch_begin + i));
  }
  if (!share.samples) return;
  const std::span<const float> logits = engine_.logits(share.batch_begin + share.count - 1);
  if (const Status written = writer_.write_next(choice, logits, now); !written)
    return end(ticket, written.error());
  if (prompt && choice.index == 0) start_siblings(choice, logits, now);
}

// n > 1: the prompt was computed once; every choice draws its own first token from the same logits.
void StepLoop::start_siblings(Choice& first, std::span<const float> logits, Monotonic now) {
  for (const auto& choice : running_) {
    if (choice->ticket != first.ticket || choice->phase != Choice::Phase::kSibling) continue;
    if (const Status written = writer_.write_next(*choice, logits, now); !written)
      return end(*first.ticket, written.error());
    if (choice->done) continue;
    if (const auto sequence = pool_.fork(first.sequence, first.computed)) {
      choice->sequence = *sequence;
      choice->computed = first.computed;
    }  // else it computes the prompt again in its own time
  }
}

void StepLoop::relieve_overload() {
  if (pool_.evict_one() || room_.set_back_youngest(running_)) return;
  const int tokens = static_cast<int>(plan_.tokens.size());
  if (tokens > 1) {
    token_limit_ = tokens / 2;
    return;
  }
  if (++lonely_overloads_ < kLonelyOverloadsMax)
    return room_.set_back(*plan_.shares.front().choice);
  fail_batch(Error{.code = ErrorCode::kOverloaded,
                   .message = "no room for one more token in the KV memory"});
}

void StepLoop::fail_batch(const Error& error) {
  metrics_.step_errors.add();
  log_error("step of {} tokens failed: {}", plan_.tokens.size(), error.message);
  token_limit_ = std::numeric_limits<int>::max();
  const ErrorCode code = error.code == ErrorCode::kOverloaded ? error.code : ErrorCode::kInternal;
  for (const BatchShare& share : plan_.shares) {
    pool_.discard(
        std::exchange(share.choice->sequence, -1));  // its state is unknown: not to be reused
    end(*share.choice->ticket,
        Error{.code = code, .message = "the model could not compute: " + error.message});
  }
}

void StepLoop::count_cancel(const Choice& choice) {
  const bool answering = choice.phase == Choice::Phase::kAnswer;
  (answering ? metrics_.cancelled_decode : metrics_.cancelled_prefill).add();
}

void StepLoop::end(Ticket& ticket, std::optional<Error> error) {
  if (std::exchange(ticket.ended, true)) return;
  const Monotonic now = clock_.now();
  GenerationTimes times;
  const bool was_admitted = ticket.usage.prompt_tokens > 0;
  times.queued = (was_admitted ? ticket.admitted : now) - ticket.submitted;
  if (was_admitted) times.prefill = ticket.first_token.value_or(now) - ticket.admitted;
  if (ticket.first_token) times.decode = now - *ticket.first_token;
  ticket.channel.end(std::move(error), ticket.usage, times);
}

void StepLoop::remove_done() {
  std::erase_if(running_, [this](const auto& choice) {
    Ticket& ticket = *choice->ticket;
    if (!choice->done && !ticket.ended) return false;
    if (choice->sequence >= 0) pool_.release(choice->sequence);
    if (--ticket.open_choices == 0) end(ticket, std::nullopt);
    return true;
  });
}

std::optional<Duration> StepLoop::until_next_deadline() const {
  std::optional<Monotonic> next = admission_.next_expiry();
  const auto consider = [&next](Monotonic at) { next = next ? std::min(*next, at) : at; };
  for (const auto& choice : running_) {
    const Ticket& ticket = *choice->ticket;
    if (ticket.request.timeout) consider(ticket.submitted + *ticket.request.timeout);
    if (choice->reader_stalled) consider(choice->stalled_since + options_.reader_stall_max);
  }
  if (!next) return std::nullopt;
  return std::max(*next - clock_.now(), Duration(std::chrono::milliseconds(1)));
}

void StepLoop::end_all(const Error& error) {
  for (const TicketPtr& ticket : admission_.take_all()) {
    inbox_.drop(*ticket);
    end(*ticket, error);
  }
  for (const auto& choice : running_) end(*choice->ticket, error);
  remove_done();
  publish_load();
}

SchedulerLoad StepLoop::load() const {
  SchedulerLoad load = board_.load();
  load.stalled = stall().value_or("");
  load.queued = inbox_.queued_count();
  return load;
}

void StepLoop::publish_load() {
  const CellLedger& cells = pool_.cells();
  const SchedulerLoad now{
      .active = static_cast<int>(running_.size()),
      .queued = 0,
      .slots = options_.slots_max,
      .cells_used = cells.used(),
      .cells_cached = cells.cached(),
      .cells = cells.cell_count(),
      .kv_bytes = static_cast<std::size_t>(cells.used()) * engine_.limits().bytes_per_cell,
  };
  metrics_.active.set(now.active);
  metrics_.queued.set(inbox_.queued_count());
  metrics_.cells_used.set(now.cells_used);
  metrics_.cells_cached.set(now.cells_cached);
  metrics_.evictions.add(static_cast<double>(
      pool_.eviction_count() - std::exchange(evictions_seen_, pool_.eviction_count())));
  board_.post(now, admission_.cost_waiting());
}

}  // namespace diptych
