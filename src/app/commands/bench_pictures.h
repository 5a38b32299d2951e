#pragma once
#include <string>

#include "app/config.h"
#include "app/report.h"

namespace diptych {

struct PictureBenchOptions {
  Path model;  // a diffusers folder or a file; empty: the default picture model
  std::string devices = "auto";
  std::string precision;  // empty: the device's fastest
  std::string size = "512x512";
  int steps = 20;
  int repeats = 3;
};

// Seconds of a guided pair's evaluation, of decoding, of encoding a prompt (the best of `repeats`
// after a warm-up), and of a whole picture after one of the same prompt in a single step.
Result<Report> bench_pictures(const AppConfig& config, const PictureBenchOptions& options);

}  // namespace diptych
