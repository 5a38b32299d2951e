#pragma once
// What to draw. Valid by construction where it comes from validate(): the pipeline checks nothing
// twice. Names follow the field: see docs/how-to and the API's field tables, which fill it.

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "formats/picture.h"
#include "image/noise/generator.h"
#include "image/prompt/attention.h"
#include "image/prompt/emphasis.h"

namespace diptych {

// How an init image of another size is fitted, A1111's resize_mode.
enum class ResizeMode : std::uint8_t { kStretch, kCrop, kFill, kLatent };

// What the masked area starts from, A1111's inpainting_fill.
enum class MaskedContent : std::uint8_t { kFill, kOriginal, kLatentNoise, kLatentNothing };

struct Variation {
  std::int64_t seed = 0;
  double strength = 0;  // 0 … 1: slerp from the seed's noise to this seed's
};

struct Inpaint {
  Picture mask;           // one channel, the size of the init image; white is drawn anew
  double blur = 4;        // pixels, σ of the Gaussian
  bool inverted = false;  // black is drawn anew
  MaskedContent content = MaskedContent::kOriginal;
  bool soft = false;         // a grey mask draws anew in part, A1111's mask_round off
  bool only_masked = false;  // crop to the mask, draw that at full size, paste it back
  int padding = 32;          // pixels kept around the crop
};

struct InitImage {
  Picture picture;
  double denoising_strength = 0.75;  // 0 … 1
  ResizeMode resize = ResizeMode::kStretch;
  std::optional<Inpaint> inpaint;
};

struct Hires {  // a second pass at a larger size
  int width = 0, height = 0;
  std::string upscaler = "Latent";  // a row of pipeline/hires_upscalers
  int steps = 0;                    // 0: as the first pass
  double denoising_strength = 0.7;
  std::optional<std::string> prompt, negative_prompt;
  std::optional<double> cfg_scale;
  std::string sampler, schedule;  // empty: as the first pass
};

struct ImageRequest {
  std::string prompt, negative_prompt;
  AttentionSyntax prompt_parser = AttentionSyntax::kA1111;
  EmphasisMode emphasis = EmphasisMode::kOriginal;
  int width = 512, height = 512;
  int steps = 20;
  double cfg_scale = 7;    // 1: no negative prompt is evaluated
  double cfg_rescale = 0;  // φ, 0 … 1
  std::int64_t seed = 0;   // of the first image; image i of the request has seed + i
  int batch_size = 1;      // drawn in one evaluation
  int batch_count = 1;
  std::string sampler;   // empty: what the model's scheduler_config.json says
  std::string schedule;  // empty or "Automatic": the sampler's own
  int clip_skip = 1;
  RandomSource noise;  // whose generator the seeds mean
  std::optional<double> eta;
  int eta_noise_seed_delta = 0;
  std::optional<Variation> variation;
  int seed_resize_width = 0, seed_resize_height = 0;  // pixels; 0: off
  std::optional<InitImage> init;
  std::optional<Hires> hires;
};

}  // namespace diptych
