#pragma once
// One line per request: who asked what, how it ended. No query strings, no bodies, no keys.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/http_metrics.h"

namespace diptych {

struct RequestNote {
  std::string method = "-", path = "-";  // path as sent, percent-encoded, without the query
  std::string_view route = "unmatched";
  std::string request_id, client_request_id, key_id;
  int status = 0;
  std::uint64_t sent_bytes = 0;
  std::optional<WaitPhase> left_while;  // the client left: status 499
};

std::string request_line(const RequestNote& note, Duration took);
void log_request(const RequestNote& note, Duration took);

// X-Client-Request-Id if it is fit for a log line, else "".
std::string_view loggable_id(std::string_view id);

}  // namespace diptych
