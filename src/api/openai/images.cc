#include "api/openai/images.h"

#include <utility>

#include "api/job_answer.h"
#include "api/openai/answer_notes.h"
#include "api/openai/image_answer.h"
#include "api/openai/image_fields.h"
#include "api/openai/image_order.h"
#include "api/openai/sse.h"

namespace diptych::openai {
namespace {

// Who sends a request a second time waits for the first one's job, and leaves it to its owner.
CallerLeaves leaving(const Submitted& submitted) {
  return submitted.is_new ? CallerLeaves::kCancelsJob : CallerLeaves::kLeavesJob;
}

Result<Answer> whole_answer(const Job& job, const ImageShape& shape, Services& services) {
  TRY(const Json images, images_object(job, shape, services));
  Answer answer{.body = dump_json(images)};
  Warnings warnings = shape.warnings;
  warnings.insert(warnings.end(), job.warnings.begin(), job.warnings.end());
  add_warning_header(answer, warnings);
  return answer;
}

Result<Reply> draw_images(ImageBody body, ImageTask task, const Call& call, Services& services) {
  const bool stream = body.stream;
  const int partial_images = body.partial_images;
  auto order = make_image_order(std::move(body), task, call, services);
  if (!order) return fail(in_openai_words(order.error()));
  ImageOrder made = std::move(*order);
  TRY(const Submitted submitted, submit_picture_order(made.order, {}, call, services));
  ImageShape& shape = made.shape;
  shape.job = submitted.job.id;
  if (!stream) {
    TRY(auto answer, answer_job(
                         submitted.job.id, call.caller, leaving(submitted),
                         [shape = std::move(shape), &services](const Job& job) {
                           return whole_answer(job, shape, services);
                         },
                         services));
    return Reply(answer_images(std::move(answer)));
  }
  TRY(auto wait, JobWait::start(submitted.job.id, call.caller, leaving(submitted), services));
  Answer head = sse_head(shape.warnings);
  const ImageEvents events =
      task == ImageTask::kGenerate ? ImageEvents::kGeneration : ImageEvents::kEdit;
  return Reply(StreamedAnswer{std::move(head), stream_image(std::move(wait), std::move(shape),
                                                            partial_images, events, services)});
}

Result<Reply> generate_images(const Call& call, Services& services) {
  TRY(ImageBody body, parse_image_generation(call.body, services.limits));
  return draw_images(std::move(body), ImageTask::kGenerate, call, services);
}

Result<Reply> edit_image(const Call& call, Services& services) {
  TRY(ImageBody body, parse_image_edit(call, services.limits));
  return draw_images(std::move(body), ImageTask::kEdit, call, services);
}

Result<Reply> vary_image(const Call& call, Services& services) {
  TRY(ImageBody body, parse_image_variation(call, services.limits));
  return draw_images(std::move(body), ImageTask::kVary, call, services);
}

const Route kRoutes[] = {
    {"POST", "/v1/images/generations", Scope::kInference, Cost::kWork, generate_images,
     "Draw pictures from a prompt: whole, or as a stream with previews.", &kImageGenerationSchema},
    {"POST", "/v1/images/edits", Scope::kInference, Cost::kWork, edit_image,
     "Draw a picture anew, or the part of it that a mask leaves open.", &kImageEditSchema},
    {"POST", "/v1/images/variations", Scope::kInference, Cost::kWork, vary_image,
     "Draw neighbours of a picture.", &kImageVariationSchema},
};

}  // namespace

std::span<const Route> images_routes() { return kRoutes; }

}  // namespace diptych::openai
