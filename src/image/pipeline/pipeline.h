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
#include "image/pipeline/draw_record.h"
#include "image/pipeline/drawing_request.h"
#include "image/pipeline/image_request.h"
#include "image/pipeline/init_image.h"
#include "image/pipeline/picture_model.h"
#include "image/pipeline/prompt_timeline.h"
#include "image/pipeline/text_encoder.h"

namespace diptych {

struct DrawProgress {
  int picture = 0, picture_count = 0;  // the first of the batch that is drawn, of all
  int batch_size = 1;                  // pictures that are drawn at once
  int step = 0, step_count = 0;        // steps done, hires pass included
  const Tensor64* denoised = nullptr;  // [batch, channels, h, w]: for previews; may be null
};

enum class DrawPhase : std::uint8_t { kEncoding, kDrawing, kDecoding };

struct DrawnPicture {
  int index = 0;  // in the request
  Picture picture;
  std::uint64_t seed = 0;
  std::string infotext;
};

// Each function may be empty; an error of one ends the drawing.
struct DrawHooks {
  // After each step; not for steps that a record repeats.
  std::function<Status(const DrawProgress&)> progress = {};
  std::stop_token stop = {};  // acts within a step
  // What begins now, for the batch whose first picture is `picture`.
  std::function<Status(DrawPhase phase, int picture)> phase = {};
  // Each picture when it is finished; empty: they are in Drawing::pictures.
  std::function<Status(DrawnPicture)> picture = {};
  // Asked after each step: true leaves the batch that is drawn, with a warning, for the next one.
  std::function<bool()> skip = {};
  // Where to go on from, and kept up to date meanwhile: in `progress`, all answers so far are in
  // it. Finished pictures are not drawn again.
  DrawRecord* record = nullptr;
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

  Status draw_batches(const ImageRequest& request, const DrawHooks& hooks,
                      const DrawingPlans& plans, Drawing& drawing);
  Status draw_batch(const Batch& batch);
  Result<std::vector<PromptTimeline>> encode_prompts(const Batch& batch,
                                                     const PassPrompts& prompts);
  Result<Tensor64> draw_latents(const Batch& batch, StepObserver& observer);
  Result<Tensor64> draw_hires(const Batch& batch, const Tensor64& latents, StepObserver& observer);
  Status finish(const Batch& batch, const Tensor64& latents);

  PictureModel& model_;
  TextEncoder encoder_;
};

}  // namespace diptych
