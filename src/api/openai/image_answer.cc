#include "api/openai/image_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "api/blob_link.h"
#include "base/base64.h"
#include "jobs/job_store.h"

namespace diptych::openai {
namespace {

constexpr std::int64_t kPixelsPerToken = 16 * 16;

Json metadata_of(const JobOutput& output) {
  return parse_json(output.metadata).value_or(Json::object());
}

std::int64_t integer_of(const Json& value) { return value.is_int() ? value.as_int() : 0; }

Json warning_list(const Warnings& warnings) {
  Json list = Json::array();
  for (const Warning& warning : warnings)
    list.push_back(Json::object({{"param", warning.param.empty() ? Json() : Json(warning.param)},
                                 {"message", warning.message}}));
  return list;
}

Result<Json> picture_object(const JobOutput& output, const ImageShape& shape, Services& services) {
  Json object = Json::object();
  if (shape.base_url.empty()) {
    TRY(const std::string bytes, services.pictures->blobs.get(output.blob));
    object.set("b64_json", base64_encode(bytes));
  } else {
    object.set("url", blob_link(output.blob, shape.base_url, services));
  }
  const Json metadata = metadata_of(output);
  object.set("x_diptych", Json::object({{"seed", metadata["seed"]},
                                        {"infotext", metadata["infotext"]},
                                        {"blob", output.blob}}));
  return object;
}

struct ParamName {
  std::string_view row, here;
};
constexpr ParamName kParams[] = {
    {"width", "size"},
    {"height", "size"},
    {"batch_count", "n"},
    {"init.picture", "images"},
    {"init.inpaint.mask", "mask"},
};

// As drawn: an edit may keep the size of its picture.
std::string size_of(const Job& job, const ImageShape& shape) {
  const Json metadata = job.outputs.empty() ? Json() : metadata_of(job.outputs.front());
  const std::int64_t width = integer_of(metadata["width"]), height = integer_of(metadata["height"]);
  return width > 0 && height > 0 ? fmt::format("{}x{}", width, height) : shape.size;
}

class ImagesAnswer final : public PendingAnswer {
 public:
  explicit ImagesAnswer(std::unique_ptr<PendingAnswer> answer) : answer_(std::move(answer)) {}
  void on_ready(std::function<void()> wake) override { answer_->on_ready(std::move(wake)); }
  Result<std::optional<Answer>> poll() override {
    auto news = answer_->poll();
    if (!news) return fail(in_openai_words(news.error()));
    return news;
  }

 private:
  std::unique_ptr<PendingAnswer> answer_;
};

}  // namespace

Json image_usage(const Job& job) {
  std::int64_t text = 0, image = 0;
  for (const JobOutput& output : job.outputs) {
    const Json metadata = metadata_of(output);
    text = std::max(text, integer_of(metadata["prompt_tokens"]));
    image += integer_of(metadata["width"]) * integer_of(metadata["height"]) / kPixelsPerToken;
  }
  return Json::object(
      {{"input_tokens", text},
       {"input_tokens_details", Json::object({{"text_tokens", text}, {"image_tokens", 0}})},
       {"output_tokens", image},
       {"output_tokens_details", Json::object({{"text_tokens", 0}, {"image_tokens", image}})},
       {"total_tokens", text + image}});
}

Result<Json> images_object(const Job& job, const ImageShape& shape, Services& services) {
  Json data = Json::array();
  for (const JobOutput& output : job.outputs) {
    TRY(Json object, picture_object(output, shape, services));
    data.push_back(std::move(object));
  }
  Json note = Json::object({{"job", job.id}, {"model", shape.model}});
  Warnings warnings = shape.warnings;
  std::ranges::copy(job.warnings, std::back_inserter(warnings));
  if (!warnings.empty()) note.set("warnings", warning_list(warnings));
  return Json::object({{"created", shape.created},
                       {"background", "opaque"},
                       {"output_format", shape.format},
                       {"size", size_of(job, shape)},
                       {"quality", shape.quality},
                       {"data", std::move(data)},
                       {"usage", image_usage(job)},
                       {"x_diptych", std::move(note)}});
}

Result<std::string> first_picture_base64(const Job& job, Services& services) {
  if (job.outputs.empty()) return fail(ErrorCode::kInternal, "A drawn job has no picture.");
  TRY(const std::string bytes, services.pictures->blobs.get(job.outputs.front().blob));
  return base64_encode(bytes);
}

int PartialPicker::index_of(const JobEvent& event) {
  if (!event.preview || !event.preview->bytes || next_ >= count_) return -1;
  const double reached = event.progress.fraction * (count_ + 1);
  return reached >= next_ + 1 ? next_++ : -1;
}

Error in_openai_words(Error error) {
  error = in_field_words(std::move(error));
  const auto row = std::ranges::find(kParams, error.param, &ParamName::row);
  if (row != std::end(kParams)) error.param = row->here;
  return error;
}

std::unique_ptr<PendingAnswer> answer_images(std::unique_ptr<PendingAnswer> answer) {
  return std::make_unique<ImagesAnswer>(std::move(answer));
}

}  // namespace diptych::openai
