#pragma once
// Percentiles as MaskBench takes them: the element at int(n · p / 100) of the sorted samples.

#include <cstdint>
#include <vector>

#include "base/json.h"

namespace diptych::bench {

class Samples {
 public:
  void add(std::uint64_t ns) { ns_.push_back(ns); }
  void add(const std::vector<std::uint32_t>& ns) { ns_.insert(ns_.end(), ns.begin(), ns.end()); }
  void sort();  // once, before the rest
  std::size_t count() const { return ns_.size(); }
  double us_at(double percent) const;  // 0 without samples
  double mean_us() const;

 private:
  std::vector<std::uint64_t> ns_;
};

Json to_json(const Samples& samples);  // µs: p25 … p99.9, max, mean; and count
std::string table_row(std::string_view name, const Samples& samples);
std::string table_head();

}  // namespace diptych::bench
