#pragma once
// The numbered events of one response. Each body is one JSON object that begins with its type and
// sequence number.

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "jobs/stores.h"

namespace diptych::openai {

inline constexpr std::string_view kEventCreated = "response.created";
inline constexpr std::string_view kEventQueued = "response.queued";
inline constexpr std::string_view kEventInProgress = "response.in_progress";
inline constexpr std::string_view kEventError = "error";

class EventLog {
 public:
  explicit EventLog(std::int64_t next_sequence = 0) : next_(next_sequence) {}

  // members: the rest of the object, as JSON text without braces; not empty.
  void add(std::string_view type, std::string_view members);
  void add_response(std::string_view type, const Json& object);  // {…,"response":object}
  void add_error(const Json& error);                             // error_of_response()

  std::vector<EventRow> take() { return std::exchange(rows_, {}); }
  std::int64_t next_sequence() const { return next_; }

 private:
  std::int64_t next_;
  std::vector<EventRow> rows_;
};

// The last event of a response in this state; "" for cancelled, which has none.
std::string_view end_event(std::string_view status);

}  // namespace diptych::openai
