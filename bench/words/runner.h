#pragma once
// Runs a plan on one thread with epoll: precise arrival times at the cost of very little of the CPU
// that the server needs.

#include <vector>

#include "base/error.h"
#include "words/exchange.h"
#include "words/plan.h"

namespace diptych::bench {

struct Report {
  double wall_ms = 0;
  int stale_connections = 0;  // kept-alive connections that the server had closed without saying so
  std::vector<Record> records;  // in order of their ends; repeated requests have one each time
};

Result<Report> run_plan(const Plan& plan);

}  // namespace diptych::bench
