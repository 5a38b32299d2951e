#pragma once
// One evaluation of the model for all pictures of a batch: every prompt part and the negative
// prompt in one run of the UNet, then guidance.

#include <span>
#include <stop_token>
#include <vector>

#include "base/error.h"
#include "compute/tensor.h"
#include "image/pipeline/conditioning.h"
#include "image/pipeline/picture_model.h"

namespace diptych {

struct Guidance {
  double cfg_scale = 7;
  double cfg_rescale = 0;
};

// What one picture is guided by in one step. Pointers live as long as the Denoiser.
struct StepPrompt {
  struct Part {
    const Conditioning* conditioning;
    double weight;
  };
  std::vector<Part> parts;
  const Conditioning* negative;
};

// Inpainting models: mask and masked picture as further channels [batch, 5, height, width].
// SDXL: original height and width, crop top and left, target height and width.
struct DenoiserExtras {
  Tensor channels;
  std::vector<float> time_ids;
};

class Denoiser {
 public:
  Denoiser(PictureModel& model, Guidance guidance, DenoiserExtras extras)
      : model_(model), guidance_(guidance), extras_(std::move(extras)) {}

  struct NoiseLevel {
    double sigma, timestep;
  };
  // x: [batch, 4, height, width]; one StepPrompt a picture. What the network says, guidance
  // included, in its own terms (noise, velocity, …); of x's shape.
  Result<Tensor> answer(const Tensor64& x, NoiseLevel level, std::span<const StepPrompt> prompts,
                        const std::stop_token& stop);
  // The estimate of x0 that such an answer means.
  Tensor64 denoised(const Tensor64& x, const Tensor& answer, NoiseLevel level) const;

 private:
  struct Rows;

  bool needs_negative(std::span<const StepPrompt> prompts) const;
  Rows lay_out(const Tensor& scaled, std::span<const StepPrompt> prompts, bool guided) const;
  Result<Tensor> evaluate(const Rows& rows, double timestep, const std::stop_token& stop);
  Tensor guide_one(const Tensor& answers, const StepPrompt& prompt, std::int64_t row) const;

  PictureModel& model_;
  const Guidance guidance_;
  const DenoiserExtras extras_;
};

}  // namespace diptych
