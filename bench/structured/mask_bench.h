#pragma once
// The MaskBench protocol over a file of cases: every case in a worker process, counts, percentiles
// and the list of what was misjudged.

#include <string>
#include <vector>

#include "base/json.h"
#include "structured/case_file.h"
#include "structured/case_run.h"

namespace diptych::bench {

struct MaskBenchPlan {
  CaseSettings settings;
  int process_count = 1;
  int case_ms_max = 60'000;
  CaseRange range;
};

struct MaskBenchReport {
  std::vector<CaseResult> cases;  // without their samples
  Json summary;
  std::string text;  // for people
};

MaskBenchReport run_mask_bench(const CaseFile& file, const grammar::Target& target,
                               const MaskBenchPlan& plan);
Json to_json(const CaseResult& result);  // one line of a results file

}  // namespace diptych::bench
