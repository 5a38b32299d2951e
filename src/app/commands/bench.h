#pragma once
#include <string>

#include "app/config.h"
#include "app/report.h"

namespace diptych {

struct SpeedOptions {
  std::string model;  // "": the default one
  int prompt_tokens = 512;
  int generate_tokens = 64;
  int repetitions = 3;
};

// Prefill and decode speed of one stream in this process; the best of the repetitions, which is
// what the machine can do.
Result<Report> bench_speed(const AppConfig& config, const SpeedOptions& options);

}  // namespace diptych
