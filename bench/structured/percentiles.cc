#include "structured/percentiles.h"

#include <algorithm>
#include <array>
#include <numeric>

#include <fmt/format.h>

namespace diptych::bench {

namespace {

struct Column {
  std::string_view name;
  double percent = 0;
};
constexpr std::array<Column, 8> kColumns = {{{"p25", 25},
                                             {"p50", 50},
                                             {"p75", 75},
                                             {"p90", 90},
                                             {"p95", 95},
                                             {"p99", 99},
                                             {"p99.9", 99.9},
                                             {"max", 100}}};

double rounded(double us) {
  return static_cast<double>(static_cast<std::int64_t>(us * 1000)) / 1000;
}

}  // namespace

void Samples::sort() { std::ranges::sort(ns_); }

double Samples::us_at(double percent) const {
  if (ns_.empty()) return 0;
  const auto at = static_cast<std::size_t>(static_cast<double>(ns_.size()) * percent / 100);
  return static_cast<double>(ns_[std::min(at, ns_.size() - 1)]) / 1000;
}

double Samples::mean_us() const {
  if (ns_.empty()) return 0;
  return std::accumulate(ns_.begin(), ns_.end(), 0.0) / static_cast<double>(ns_.size()) / 1000;
}

Json to_json(const Samples& samples) {
  Json json = Json::object({{"count", static_cast<std::int64_t>(samples.count())},
                            {"mean", rounded(samples.mean_us())}});
  for (const Column& column : kColumns)
    json.set(column.name, rounded(samples.us_at(column.percent)));
  return json;
}

std::string table_head() {
  std::string line = fmt::format("{:24} {:>9} {:>9}", "µs, thread CPU time", "samples", "mean");
  for (const Column& column : kColumns) line += fmt::format(" {:>9}", column.name);
  return line;
}

std::string table_row(std::string_view name, const Samples& samples) {
  std::string line = fmt::format("{:23} {:9} {:9.2f}", name, samples.count(), samples.mean_us());
  for (const Column& column : kColumns)
    line += fmt::format(" {:9.2f}", samples.us_at(column.percent));
  return line;
}

}  // namespace diptych::bench
