#include "words/runner.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "words/sockets.h"

namespace diptych::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct Flight {  // a request under way
  Exchange exchange;
  Socket socket;
  std::size_t written = 0;
  bool reused = false;
};

class Runner {
 public:
  explicit Runner(const Plan& plan);
  Result<Report> run();

 private:
  double now_ms() const {
    return std::chrono::duration<double, std::milli>(SteadyClock::now() - begin_).count();
  }
  void at(double when_ms, std::function<void()> action) {
    timers_.emplace(when_ms, std::move(action));
  }
  void run_due_timers();
  int wait_ms() const;

  void start(std::size_t request);
  void connect_fresh(Flight& flight);
  void launch(std::size_t request, Flight& flight);
  void on_io(std::size_t request, std::uint32_t events);
  bool write_rest(Flight& flight);
  void read_available(std::size_t request);
  void on_bytes(std::size_t request, std::string_view bytes);
  void on_peer_closed(std::size_t request);
  void end(std::size_t request, std::string_view outcome, std::string error = {});
  void fire(std::size_t request, Trigger trigger, int tokens = 0);

  const Plan& plan_;
  SteadyClock::time_point begin_ = SteadyClock::now();
  Socket epoll_{epoll_create1(EPOLL_CLOEXEC)};
  bool input_ended_ = false;
  std::multimap<double, std::function<void()>> timers_;
  std::vector<std::unique_ptr<Flight>> flights_;      // by request; null when not under way
  std::vector<std::vector<std::size_t>> dependents_;  // by request: who starts after it
  IdleSockets idle_;
  std::size_t foreground_left_ = 0;
  bool endless_ = true;  // only background requests: until the deadline or the end of stdin
  Report report_;
};

Runner::Runner(const Plan& plan)
    : plan_(plan), flights_(plan.requests.size()), dependents_(plan.requests.size()) {
  for (std::size_t i = 0; i < plan.requests.size(); ++i) {
    const PlannedRequest& request = plan.requests[i];
    if (!request.background) ++foreground_left_;
    endless_ = endless_ && request.background;
    if (request.after) {
      dependents_[request.after->request].push_back(i);
    } else {
      at(request.delay_ms, [this, i] { start(i); });
    }
  }
}

void Runner::run_due_timers() {
  while (!timers_.empty() && timers_.begin()->first <= now_ms()) {
    const auto action = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    action();
  }
}

int Runner::wait_ms() const {
  double until = plan_.deadline_ms;
  if (!timers_.empty()) until = std::min(until, timers_.begin()->first);
  return std::max(0, static_cast<int>(until - now_ms() + 0.999));
}

Result<Report> Runner::run() {
  if (endless_) {  // a file as stdin cannot be watched, and need not be
    epoll_event on_end{.events = EPOLLHUP, .data = {.u64 = plan_.requests.size()}};
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, STDIN_FILENO, &on_end);
  }
  std::array<epoll_event, 256> events;
  while ((endless_ || foreground_left_ > 0) && !input_ended_ && now_ms() < plan_.deadline_ms) {
    run_due_timers();
    const int count =
        epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), wait_ms());
    if (count < 0 && errno != EINTR)
      return fail(ErrorCode::kIo, std::string("epoll_wait: ") + std::strerror(errno));
    for (int i = 0; i < count; ++i)
      on_io(events[static_cast<std::size_t>(i)].data.u64,
            events[static_cast<std::size_t>(i)].events);
  }
  report_.wall_ms = now_ms();
  for (std::size_t i = 0; i < flights_.size(); ++i) {
    if (flights_[i]) end(i, "unfinished");
  }
  report_.stale_connections = idle_.stale_count();
  return std::move(report_);
}

void Runner::start(std::size_t request) {
  const PlannedRequest& planned = plan_.requests[request];
  flights_[request] =
      std::make_unique<Flight>(Flight{Exchange(planned, request, now_ms()), Socket(), 0, false});
  Flight& flight = *flights_[request];
  if (!planned.connection.empty()) flight.socket = idle_.take(planned.connection);
  flight.reused = flight.socket.get() >= 0;
  launch(request, flight);
}

void Runner::launch(std::size_t request, Flight& flight) {
  if (flight.socket.get() < 0) {
    auto socket = start_connect(plan_.host, plan_.port);
    if (!socket) return end(request, "error", socket.error().message);
    flight.socket = std::move(*socket);
  }
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP, .data = {.u64 = request}};
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, flight.socket.get(), &event);
}

void Runner::on_io(std::size_t request, std::uint32_t events) {
  if (request == flights_.size()) input_ended_ = true;  // stdin
  if (input_ended_ || !flights_[request]) return;
  Flight& flight = *flights_[request];
  if ((events & EPOLLOUT) != 0 && flight.exchange.record().sent_ms < 0) {
    if (!write_rest(flight)) return on_peer_closed(request);
    if (flight.exchange.record().sent_ms >= 0) {
      epoll_event event{.events = EPOLLIN | EPOLLRDHUP, .data = {.u64 = request}};
      epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, flight.socket.get(), &event);
      if (const auto after_ms = flight.exchange.request().close_after_ms) {
        at(now_ms() + *after_ms, [this, request] {
          if (flights_[request]) end(request, "closed");
        });
      }
      fire(request, Trigger::kStart);
    }
  }
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP)) != 0) read_available(request);
}

bool Runner::write_rest(Flight& flight) {
  const std::string& bytes = flight.exchange.request().bytes;
  while (flight.written < bytes.size()) {
    const ssize_t sent = send(flight.socket.get(), bytes.data() + flight.written,
                              bytes.size() - flight.written, MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
    flight.written += static_cast<std::size_t>(sent);
  }
  flight.exchange.record().sent_ms = now_ms();
  return true;
}

void Runner::read_available(std::size_t request) {
  std::array<char, 65536> buffer;
  while (flights_[request]) {
    const ssize_t got = recv(flights_[request]->socket.get(), buffer.data(), buffer.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (got <= 0) return on_peer_closed(request);
    on_bytes(request, std::string_view(buffer.data(), static_cast<std::size_t>(got)));
  }
}

void Runner::on_bytes(std::size_t request, std::string_view bytes) {
  Exchange& exchange = flights_[request]->exchange;
  const std::size_t tokens_before = exchange.record().token_ms.size();
  if (const auto status = exchange.receive(bytes, now_ms()); !status)
    return end(request, "error", status.error().message);
  const std::size_t tokens = exchange.record().token_ms.size();
  for (std::size_t n = tokens_before + 1; n <= tokens; ++n)
    fire(request, Trigger::kToken, static_cast<int>(n));
  const int close_after = exchange.request().close_after_tokens;
  if (close_after > 0 && tokens >= static_cast<std::size_t>(close_after))
    return end(request, "closed");
  if (exchange.reader().complete()) end(request, "complete");
}

void Runner::on_peer_closed(std::size_t request) {
  Flight& flight = *flights_[request];
  if (flight.reused &&
      !flight.exchange.reader()
           .head_complete()) {  // a kept connection that had died: once more, on a fresh one
    idle_.count_stale();
    flight.reused = false;
    flight.written = 0;
    flight.exchange.record().sent_ms = -1;
    flight.socket.close();
    return launch(request, flight);
  }
  flight.exchange.end_of_input();
  if (flight.exchange.reader().complete()) return end(request, "complete");
  end(request, "error", "the server closed the connection");
}

void Runner::end(std::size_t request, std::string_view outcome, std::string error) {
  const std::unique_ptr<Flight> flight = std::move(flights_[request]);
  const PlannedRequest& planned = plan_.requests[request];
  flight->exchange.conclude(outcome, now_ms());
  if (!error.empty()) flight->exchange.record().error = std::move(error);
  if (outcome == "complete" && !planned.connection.empty() &&
      flight->exchange.reader().keep_alive()) {
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, flight->socket.get(), nullptr);
    idle_.put(planned.connection, std::move(flight->socket));
  } else if (planned.reset) {
    flight->socket.reset();
  } else {
    flight->socket.close();
  }
  report_.records.push_back(std::move(flight->exchange.record()));
  if (planned.repeat_delay_ms)
    at(now_ms() + *planned.repeat_delay_ms, [this, request] { start(request); });
  if (!planned.background) --foreground_left_;
  fire(request, Trigger::kEnd);
}

void Runner::fire(std::size_t request, Trigger trigger, int tokens) {
  for (const std::size_t dependent : dependents_[request]) {
    const PlannedRequest& planned = plan_.requests[dependent];
    if (planned.after->trigger != trigger) continue;
    if (trigger == Trigger::kToken && planned.after->tokens != tokens) continue;
    at(now_ms() + planned.delay_ms, [this, dependent] {
      if (!flights_[dependent]) start(dependent);
    });
  }
}

}  // namespace

Result<Report> run_plan(const Plan& plan) { return Runner(plan).run(); }

}  // namespace diptych::bench
