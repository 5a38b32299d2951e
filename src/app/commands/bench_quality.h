#pragma once
#include <string>

#include "app/config.h"
#include "app/report.h"

namespace diptych {

struct QualityBenchOptions {
  std::string model;  // "": the default one
  Path text;          // UTF-8, at least one window long
  int window = 512;   // tokens; the second half of each is scored, given the first
  int windows_max = 40;
};

// Perplexity of a text under the model as it is configured, by the path that requests take. With
// text.inexact_layout also without it, and the difference: what the faster layout costs.
Result<Report> bench_quality(const AppConfig& config, const QualityBenchOptions& options);

}  // namespace diptych
