#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "app/config.h"
#include "app/report.h"

namespace diptych {

struct DrawOptions {
  std::string prompt, negative;
  Path model;  // empty: the default picture model
  std::string devices = "auto", precision;
  Path output = "picture.png";  // its ending decides the format; several pictures: NAME-2.png, …
  std::string size;             // "WIDTHxHEIGHT"; empty: the model's own
  std::optional<int> steps;
  std::optional<double> cfg_scale;
  std::optional<std::int64_t> seed;  // none: drawn, and told
  std::string sampler, schedule;
  int count = 1;
  int clip_skip = 1;
  Path init, mask;
  double strength = 0.75;
  bool force = false;  // replace an existing file
};

Result<Report> draw(const AppConfig& config, const DrawOptions& options);

}  // namespace diptych
