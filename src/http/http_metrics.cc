#include "http/http_metrics.h"

#include <algorithm>
#include <array>
#include <string>

namespace diptych {

namespace {

constexpr std::array<std::string_view, 7> kMethods = {"GET",    "HEAD",  "POST",   "PUT",
                                                      "DELETE", "PATCH", "OPTIONS"};

// One of a fixed set, so that a client cannot grow the number of time series.
std::string_view bounded_method(std::string_view method) {
  const auto found = std::ranges::find(kMethods, method);
  return found == kMethods.end() ? "other" : *found;
}

std::string_view name_of(RefusalReason reason) {
  switch (reason) {
    case RefusalReason::kHandlerQueue:
      return "handler_queue";
    case RefusalReason::kRequestRate:
      return "request_rate";
    case RefusalReason::kConnections:
      return "connections";
    case RefusalReason::kBodyMemory:
      return "body_memory";
  }
  return "";
}

std::string_view name_of(TimeoutKind kind) {
  switch (kind) {
    case TimeoutKind::kHeader:
      return "header";
    case TimeoutKind::kBody:
      return "body";
    case TimeoutKind::kIdle:
      return "idle";
    case TimeoutKind::kWrite:
      return "write";
  }
  return "";
}

const std::vector<double>& latency_bounds() {
  static const std::vector<double> bounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                             0.5,   1,      2.5,   5,    10,    30,   60,  300};
  return bounds;
}

}  // namespace

std::string_view name_of(WaitPhase phase) {
  switch (phase) {
    case WaitPhase::kQueued:
      return "queued";
    case WaitPhase::kPending:
      return "pending";
    case WaitPhase::kStreaming:
      return "streaming";
  }
  return "";
}

HttpMetrics::HttpMetrics(Metrics& metrics)
    : connections(metrics.gauge("diptych_http_connections", "Open client connections.")),
      requests_in_flight(
          metrics.gauge("diptych_http_requests_in_flight", "Requests being answered.")),
      received_bytes(
          metrics.counter("diptych_http_received_bytes_total", "Bytes of requests, after TLS.")),
      sent_bytes(metrics.counter("diptych_http_sent_bytes_total", "Bytes of answers, before TLS.")),
      metrics_(metrics) {}

void HttpMetrics::request_done(std::string_view method, std::string_view route, int status,
                               Duration took) {
  PerRoute& own = routes_[route];
  if (own.seconds == nullptr) {
    own.seconds = &metrics_.histogram("diptych_http_request_seconds",
                                      "From the first byte of a request to the last of its answer.",
                                      latency_bounds(), {{"route", std::string(route)}});
  }
  own.seconds->observe(std::chrono::duration<double>(took).count());

  const std::string_view bounded = bounded_method(method);
  Counter*& counter = own.by_method_and_status[{bounded, status}];
  if (counter == nullptr) {
    counter = &metrics_.counter("diptych_http_requests_total", "Requests answered.",
                                {{"route", std::string(route)},
                                 {"method", std::string(bounded)},
                                 {"status", std::to_string(status)}});
  }
  counter->add();
}

void HttpMetrics::disconnected(WaitPhase phase) {
  metrics_
      .counter("diptych_http_disconnects_total", "Clients that left before their answer was ready.",
               {{"phase", std::string(name_of(phase))}})
      .add();
}

void HttpMetrics::refused(RefusalReason reason) {
  metrics_
      .counter("diptych_http_refused_total", "Requests refused because a bound was reached.",
               {{"reason", std::string(name_of(reason))}})
      .add();
}

void HttpMetrics::timed_out(TimeoutKind kind) {
  metrics_
      .counter("diptych_http_timeouts_total", "Connections closed because the peer was too slow.",
               {{"kind", std::string(name_of(kind))}})
      .add();
}

}  // namespace diptych
