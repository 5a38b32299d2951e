#pragma once
// A request → pictures. draw() reads top to bottom as what happens: plan the prompts, encode them,
// start, denoise, decode, finish.

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.h"
#include "formats/picture.h"
#include "image/pipeline/drawing_request.h"
#include "image/pipeline/image_request.h"
#include "image/pipeline/init_image.h"
#include "image/pipeline/picture_model.h"
#include "image/pipeline/prompt_timeline.h"
#include "image/pipeline/text_encoder.h"

namespace diptych {

struct DrawProgress {
  int picture = 0, picture_count = 0;  // the first of the batch that is drawn, of all
  int step = 0, step_count = 0;        // steps done, hires pass included
  const Tensor64* denoised = nullptr;  // [batch, channels, h, w]: for previews; may be null
};

struct DrawHooks {
  std::function<Status(const DrawProgress&)> progress;  // may be empty; an error ends the drawing
  std::stop_token stop;                                 // acts within a step
};

struct DrawnPicture {
  Picture picture;
  std::uint64_t seed = 0;
  std::string infotext;
};

struct DrawTimes {  // seconds, summed over batches; each includes compiling what it needs first
  double encode_prompt = 0, denoise = 0, decode = 0, in_all = 0;
};

struct Drawing {
  std::vector<DrawnPicture> pictures;
  Warnings warnings;
  DrawTimes times;
  int compile_count = 0;  // programs that were not there yet
};

class Pipeline {  // one owner thread
 public:
  explicit Pipeline(PictureModel& model) : model_(model), encoder_(model) {}

  // Errors: kInvalidArgument and kUnsupported name the field; kCancelled; kOutOfMemory.
  Result<Drawing> draw(const ImageRequest& request, const DrawHooks& hooks);

 private:
  struct Batch;

  Status draw_batch(const Batch& batch, const PreparedInit* prepared);
  Result<std::vector<PromptTimeline>> encode_prompts(const Batch& batch,
                                                     const PassPrompts& prompts);
  Result<Tensor64> draw_latents(const Batch& batch, const PreparedInit* prepared,
                                StepObserver& observer);
  Result<Tensor64> draw_hires(const Batch& batch, const Tensor64& latents, StepObserver& observer);
  Status finish(const Batch& batch, const Tensor64& latents, const PreparedInit* prepared);

  PictureModel& model_;
  TextEncoder encoder_;
};

}  // namespace diptych
