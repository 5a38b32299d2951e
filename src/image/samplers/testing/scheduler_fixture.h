#pragma once
// What golden tests read of a scheduler's recorded run.

#include <gtest/gtest.h>

#include <string>

#include "base/json.h"
#include "formats/testing/npz.h"
#include "image/samplers/sampler.h"
#include "image/samplers/scheduler_config.h"

namespace diptych {

// The random tensors in the order in which the reference drew them.
class GivenNoise final : public Noise {
 public:
  explicit GivenNoise(const Npz& arrays) : arrays_(arrays) {}
  Tensor64 draw(const Shape& shape) override {
    const auto found = arrays_.find("noise_" + std::to_string(draws_++));
    EXPECT_NE(found, arrays_.end()) << "more draws than the reference made";
    return found == arrays_.end() ? Tensor64(shape) : found->second;
  }

 private:
  const Npz& arrays_;
  int draws_ = 0;
};

// The class and its options, as JSON in the fixture.
inline Result<SchedulerConfig> config_of(const Npz& arrays) {
  std::string text;
  for (const double letter : arrays.at("options").values) {
    if (letter != 0) text += static_cast<char>(letter);
  }
  TRY(const Json pair, parse_json(text));
  Json options = pair[1];
  options.set("_class_name", pair[0]);
  return parse_scheduler_config(options);
}

}  // namespace diptych
