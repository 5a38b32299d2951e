// words-load: reads a plan (JSON, see plan.h) from stdin, runs it, prints the report as JSON.
// Driven by bench/words/run.

#include <sys/resource.h>

#include <iostream>
#include <string>

#include "words/plan.h"
#include "words/runner.h"

namespace {

void raise_descriptor_limit() {  // thousands of connections at once
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main() {
  using namespace diptych;
  raise_descriptor_limit();
  std::string text;
  std::getline(std::cin, text);
  const auto plan = bench::parse_plan(text);
  if (!plan) {
    std::cerr << "words-load: " << plan.error().message << " (" << plan.error().param << ")\n";
    return 2;
  }
  const auto report = bench::run_plan(*plan);
  if (!report) {
    std::cerr << "words-load: " << report.error().message << '\n';
    return 1;
  }
  Json records = Json::array();
  for (const auto& record : report->records) records.push_back(bench::to_json(record));
  std::cout << dump_json(Json::object({{"wall_ms", report->wall_ms},
                                       {"stale_connections", report->stale_connections},
                                       {"requests", std::move(records)}}))
            << '\n';
}
