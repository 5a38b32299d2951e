#pragma once
// What /v1/images answers: the pictures of a job that has ended, and the events of one that draws.

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "api/call.h"
#include "api/job_answer.h"
#include "api/openai/image_order.h"
#include "api/services.h"
#include "base/json.h"

namespace diptych::openai {

// {"created", "data": […], "background", "output_format", "size", "quality", "usage", "x_diptych"}.
// Reads the pictures: not on the polling thread.
Result<Json> images_object(const Job& job, const ImageShape& shape, Services& services);

// input_tokens: of the prompt; output_tokens: one for each 16 × 16 pixels drawn.
Json image_usage(const Job& job);

// The picture of a job, whole. Its first output.
Result<std::string> first_picture_base64(const Job& job, Services& services);

// Which previews of a job become the `count` partial images: the first one past each of as many
// equal parts of the drawing.
class PartialPicker {
 public:
  explicit PartialPicker(int count) : count_(count) {}
  // The index of the partial image that this event is; −1: none.
  int index_of(const JobEvent& event);

 private:
  int count_, next_ = 0;
};

// Names of fields as this API spells them, in the error of a job.
Error in_openai_words(Error error);

std::unique_ptr<PendingAnswer> answer_images(std::unique_ptr<PendingAnswer> answer);

enum class ImageEvents : std::uint8_t { kGeneration, kEdit };  // image_generation.…, image_edit.…
std::unique_ptr<ChunkSource> stream_image(std::unique_ptr<JobWait> wait, ImageShape shape,
                                          int partial_images, ImageEvents events,
                                          Services& services);

}  // namespace diptych::openai
