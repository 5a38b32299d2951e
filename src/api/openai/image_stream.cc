// The events of one picture: image_generation.partial_image …, image_generation.completed.

#include <fmt/format.h>

#include <utility>

#include "api/openai/image_answer.h"
#include "api/openai/sse.h"
#include "base/base64.h"

namespace diptych::openai {
namespace {

std::string_view prefix_of(ImageEvents events) {
  return events == ImageEvents::kEdit ? "image_edit" : "image_generation";
}

std::string_view format_of(const JobPreview& preview) {
  constexpr std::string_view kImage = "image/";
  const std::string_view type = preview.content_type;
  return type.starts_with(kImage) ? type.substr(kImage.size()) : type;
}

class ImageStream final : public ChunkSource {
 public:
  ImageStream(std::unique_ptr<JobWait> wait, ImageShape shape, int partial_images,
              ImageEvents events, Services& services)
      : wait_(std::move(wait)),
        shape_(std::move(shape)),
        partials_(partial_images),
        prefix_(prefix_of(events)),
        services_(services) {}

  void on_ready(std::function<void()> wake) override {
    wake_ = wake;
    if (end_) end_->on_ready(wake);
    wait_->on_ready(std::move(wake));
  }

  ChunkState poll(std::string& out) override {
    if (const auto event = wait_->next()) {
      if (const int index = partials_.index_of(*event); index >= 0)
        append_partial(out, *event, index);
      return ChunkState::kMore;
    }
    if (!wait_->ended()) return ChunkState::kWait;
    if (!end_) start_reading();
    const auto answer = end_->poll();
    if (!answer) return ChunkState::kWait;
    if (*answer) {
      append_sse_event(out, fmt::format("{}.completed", prefix_), (*answer)->body);
      append_sse_done(out);
    } else {
      append_sse_error(out, in_openai_words(answer->error()));
    }
    return ChunkState::kEnd;
  }

 private:
  Json common(std::string_view type, std::string picture, std::string_view format) const {
    return Json::object({{"type", fmt::format("{}.{}", prefix_, type)},
                         {"b64_json", std::move(picture)},
                         {"created_at", shape_.created},
                         {"size", shape_.size},
                         {"quality", shape_.quality},
                         {"background", "opaque"},
                         {"output_format", format}});
  }

  void append_partial(std::string& out, const JobEvent& event, int index) const {
    Json json =
        common("partial_image", base64_encode(*event.preview->bytes), format_of(*event.preview));
    json.set("partial_image_index", index);
    append_sse_event(out, fmt::format("{}.partial_image", prefix_), dump_json(json));
  }

  // The last event: the first picture of images_object() with the members that stand beside it.
  void start_reading() {
    end_.emplace(
        *wait_,
        [shape = shape_, services = &services_,
         whole = common("completed", "", shape_.format)](const Job& job) mutable -> Result<Answer> {
          TRY(Json images, images_object(job, shape, *services));
          const Json& picture = images["data"][0];
          whole.set("b64_json", picture["b64_json"]);
          whole.set("size", images["size"]);
          whole.set("usage", images["usage"]);
          Json note = images["x_diptych"];
          note.set("seed", picture["x_diptych"]["seed"]);
          whole.set("x_diptych", std::move(note));
          return Answer{.body = dump_json(whole)};
        },
        services_);
    end_->on_ready(wake_);
  }

  std::unique_ptr<JobWait> wait_;
  const ImageShape shape_;
  PartialPicker partials_;
  const std::string_view prefix_;
  Services& services_;
  std::function<void()> wake_;
  std::optional<EndedJob> end_;
};

}  // namespace

std::unique_ptr<ChunkSource> stream_image(std::unique_ptr<JobWait> wait, ImageShape shape,
                                          int partial_images, ImageEvents events,
                                          Services& services) {
  return std::make_unique<ImageStream>(std::move(wait), std::move(shape), partial_images, events,
                                       services);
}

}  // namespace diptych::openai
