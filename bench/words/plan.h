#pragma once
// What the load generator does: a list of requests, each started by the clock or by what happens to
// another request. Written as JSON by bench/words/run; docs of the format are at parse_plan.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace diptych::bench {

enum class Trigger : std::uint8_t { kStart, kToken, kEnd };

struct After {  // starts when `request` reaches `trigger`
  std::size_t request = 0;
  Trigger trigger = Trigger::kEnd;
  int tokens = 1;  // kToken: with the n-th piece of text
};

struct PlannedRequest {
  std::string name;
  std::string bytes;       // the whole HTTP request
  std::string connection;  // requests of one name share a kept-alive connection; empty: a
                           // connection of its own
  std::optional<After> after;
  double delay_ms = 0;                   // from the plan's start, or from `after`
  int close_after_tokens = 0;            // > 0: hang up with this piece of text
  std::optional<double> close_after_ms;  // hang up this long after the request was sent
  bool reset = false;                    // hang up with RST instead of FIN
  bool background = false;  // the plan does not wait for it; it is closed when the rest has ended
  std::optional<double> repeat_delay_ms;  // background only: send it again this long after it ended
};

struct Plan {
  std::string host;
  std::uint16_t port = 0;
  double deadline_ms = 0;  // everything still running then is closed and reported as unfinished
  std::vector<PlannedRequest> requests;
};

// {"host","port","deadline_ms","requests":[{"name","path","method"?,"headers"?:{},"body"?:any,"connection"?,
//  "after"?:{"request":name,"event":"start"|"token"|"end","tokens"?},"delay_ms"?,"close"?:{"tokens"|"ms"},"reset"?,
//  "background"?,"repeat_delay_ms"?}]}. `after` names an earlier request of the list. A plan of
//  background requests only
// runs until its deadline or the end of stdin.
Result<Plan> parse_plan(std::string_view text);

}  // namespace diptych::bench
