#include "api/openai/responses_images.h"

#include <utility>

#include "api/openai/image_order.h"
#include "api/picture_order.h"
#include "base/base64.h"

namespace diptych::openai {

ImageCalls::ImageCalls(ImagePlan plan, OutputWriter& output)
    : plan_(std::move(plan)), output_(output) {
  if (!plan_.forced_prompt.empty()) ask(plan_.forced_prompt);
}

void ImageCalls::on_ready(std::function<void()> wake) {
  wake_ = std::move(wake);
  if (!running_) return;
  running_->errand.on_ready(wake_);
  if (running_->wait) running_->wait->on_ready(wake_);
  if (running_->end) running_->end->on_ready(wake_);
}

// Accepting a job waits for the disk: not here.
void ImageCalls::start() {
  ImageBody body = plan_.tool.body;
  body.picture.request.prompt = std::move(prompts_.front());
  prompts_.pop_front();
  output_.begin_image(body.picture.request.prompt);
  auto started = std::make_shared<Result<Started>>(
      fail(ErrorCode::kInternal, "The picture's job was not started."));
  const int partial_images = body.partial_images;
  const auto work = [started, body = std::move(body), caller = plan_.caller,
                     services = plan_.services]() mutable {
    *started = [&]() -> Result<Started> {
      const Call call{.method = "POST", .caller = caller};
      TRY(ImageOrder made,
          make_image_order(std::move(body), ImageTask::kGenerate, call, *services));
      TRY(const Submitted submitted, submit_picture_order(made.order, {}, call, *services));
      made.shape.job = submitted.job.id;
      TRY(auto wait,
          JobWait::start(submitted.job.id, caller, CallerLeaves::kCancelsJob, *services));
      return Started{std::move(wait), std::move(made.shape)};
    }();
  };
  running_.emplace(Running{.started = started,
                           .errand = Errand(plan_.services->background, work),
                           .wait = nullptr,
                           .shape = {},
                           .partials = PartialPicker(partial_images),
                           .picture = std::make_shared<std::string>(),
                           .end = {}});
  if (wake_) running_->errand.on_ready(wake_);
}

Status ImageCalls::draw() {
  Running& now = *running_;
  if (!now.wait) {
    TRY(Started started, std::move(*now.started));
    now.wait = std::move(started.wait);
    now.shape = std::move(started.shape);
    if (wake_) now.wait->on_ready(wake_);
    output_.image_generating();
  }
  while (const auto event = now.wait->next()) {
    const int index = now.partials.index_of(*event);
    if (index >= 0)
      output_.add_partial_image(index, base64_encode(*event->preview->bytes), facts());
  }
  return {};
}

Json ImageCalls::facts() const {
  return Json::object({{"size", running_->shape.size},
                       {"quality", running_->shape.quality},
                       {"background", "opaque"},
                       {"output_format", running_->shape.format}});
}

Result<bool> ImageCalls::finish() {
  Running& now = *running_;
  if (!now.end) {
    now.end.emplace(
        *now.wait,
        [picture = now.picture, services = plan_.services](const Job& job) -> Result<Answer> {
          TRY(*picture, first_picture_base64(job, *services));
          return Answer{};
        },
        *plan_.services);
    if (wake_) now.end->on_ready(wake_);
  }
  const auto answer = now.end->poll();
  if (!answer) return false;
  TRY_STATUS(*answer);
  output_.end_image(std::move(*now.picture), facts());
  running_.reset();
  return true;
}

Result<bool> ImageCalls::poll() {
  for (;;) {
    if (!running_) {
      if (prompts_.empty()) return true;
      start();
    }
    if (!running_->errand.done()) return false;
    TRY_STATUS(draw());
    if (!running_->wait->ended()) return false;
    TRY(const bool there, finish());
    if (!there) return false;
  }
}

}  // namespace diptych::openai
