#pragma once
// What the tests of solvers draw, observe and denoise with.

#include <cmath>
#include <vector>

#include "image/samplers/sampler.h"

namespace diptych {

class SineNoise final : public Noise {  // every value of the k-th draw is sin k, k = 1, 2, …
 public:
  Tensor64 draw(const Shape& shape) override { return Tensor64(shape, std::sin(++draws_)); }
  int draws() const { return draws_; }

 private:
  int draws_ = 0;
};

class SilentObserver final : public StepObserver {
 public:
  Status step(const Step& step) override {
    steps_.push_back(step.index);
    count_ = step.count;
    return {};
  }
  const std::vector<int>& steps() const { return steps_; }
  int count() const { return count_; }

 private:
  std::vector<int> steps_;
  int count_ = 0;
};

// The exact estimate when x0 is standard normal: x/(1 + σ²).
inline Denoise gaussian_denoise() {
  return [](const Tensor64& x, double sigma) -> Result<Tensor64> {
    Tensor64 denoised = x;
    for (double& value : denoised.values) value /= 1 + sigma * sigma;
    return denoised;
  };
}

// The same of a flow: ((1 − σ)·x)/((1 − σ)² + σ²).
inline Denoise flow_denoise() {
  return [](const Tensor64& x, double sigma) -> Result<Tensor64> {
    Tensor64 denoised = x;
    const double share = 1 - sigma;
    for (double& value : denoised.values) value *= share / (share * share + sigma * sigma);
    return denoised;
  };
}

}  // namespace diptych
