#pragma once
// What a run over many cases amounts to.

#include <map>
#include <string>
#include <vector>

#include "structured/case_run.h"
#include "structured/mask_bench.h"
#include "structured/percentiles.h"

namespace diptych::bench {

class MaskReport {
 public:
  void add(CaseResult result);
  MaskBenchReport finish(const CpuClock& clock);

 private:
  struct Slowest {  // of one metric: the worst few
    std::vector<std::pair<std::uint64_t, std::string>> cases;
    void add(std::uint64_t ns, const std::string& id);
    Json to_json() const;
  };
  std::int64_t count(Verdict verdict) const;
  Json counts() const;
  Json memory() const;
  Json misjudged() const;
  std::string text(const Json& summary) const;

  std::vector<CaseResult> cases_;
  Samples compile_, compile_and_first_, recompile_, cold_, warm_;
  Slowest slowest_compile_, slowest_first_, slowest_mask_;
  std::map<std::string, std::int64_t> refusals_;
  std::uint64_t masks_ = 0, mask_hits_ = 0, store_hits_ = 0, refused_bytes_ = 0;
};

}  // namespace diptych::bench
