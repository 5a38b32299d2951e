#pragma once
// What the HTTP server counts. Labels are bounded: the route's pattern, never the path that was
// asked for.

#include <cstddef>
#include <map>
#include <string_view>
#include <tuple>

#include "base/clock.h"
#include "base/metrics.h"

namespace diptych {

enum class WaitPhase { kQueued, kPending, kStreaming };  // what a client that left was waiting for
std::string_view name_of(WaitPhase phase);

enum class RefusalReason { kHandlerQueue, kRequestRate, kConnections, kBodyMemory };
enum class TimeoutKind { kHeader, kBody, kIdle, kWrite };

class HttpMetrics {  // I/O thread only
 public:
  explicit HttpMetrics(Metrics& metrics);

  void request_done(std::string_view method, std::string_view route, int status, Duration took);
  void disconnected(WaitPhase phase);
  void refused(RefusalReason reason);
  void timed_out(TimeoutKind kind);

  Gauge& connections;
  Gauge& requests_in_flight;
  Counter& received_bytes;
  Counter& sent_bytes;

 private:
  struct PerRoute {
    Histogram* seconds = nullptr;
    std::map<std::pair<std::string_view, int>, Counter*> by_method_and_status;
  };

  Metrics& metrics_;
  std::map<std::string_view, PerRoute>
      routes_;  // keys: patterns of the route table, which outlives the server
};

}  // namespace diptych
