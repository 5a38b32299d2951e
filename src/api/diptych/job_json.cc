#include "api/diptych/job_json.h"

#include <fmt/format.h>

#include "api/error_status.h"
#include "api/picture_order.h"
#include "base/base64.h"

namespace diptych {
namespace {

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json parsed(const std::string& text) { return parse_json(text).value_or(Json()); }

Json warning_list(const Warnings& warnings) {
  Json list = Json::array();
  for (const Warning& warning : warnings)
    list.push_back(Json::object({{"param", warning.param.empty() ? Json() : Json(warning.param)},
                                 {"message", warning.message}}));
  return list;
}

Json error_member(const std::optional<Error>& error) {
  if (!error) return nullptr;
  return parsed(openai_error_json(in_field_words(*error)))["error"];
}

Json output_object(const JobOutput& output) {
  return Json::object({{"blob", output.blob},
                       {"path", fmt::format("/api/v1/blobs/{}", output.blob)},
                       {"content_type", output.content_type},
                       {"size_bytes", output.size_bytes},
                       {"metadata", parsed(output.metadata)}});
}

}  // namespace

Json progress_object(const JobProgress& progress) {
  return Json::object({{"phase", progress.phase},
                       {"step", progress.step},
                       {"step_count", progress.step_count},
                       {"fraction", progress.fraction},
                       {"steps_per_second", or_null(progress.steps_per_second)},
                       {"eta_ms", or_null(progress.eta_ms)}});
}

Json job_object(const Job& job, std::optional<int> position) {
  Json outputs = Json::array(), depends_on = Json::array();
  for (const JobOutput& output : job.outputs) outputs.push_back(output_object(output));
  for (const std::string& id : job.spec.depends_on) depends_on.push_back(id);
  return Json::object({{"id", job.id},
                       {"kind", name_of(job.spec.kind)},
                       {"state", name_of(job.state)},
                       {"model", job.spec.model},
                       {"priority", name_of(job.spec.priority)},
                       {"depends_on", std::move(depends_on)},
                       {"timeout_ms", or_null(job.spec.timeout_ms)},
                       {"created_ms", job.created_ms},
                       {"started_ms", or_null(job.started_ms)},
                       {"finished_ms", or_null(job.finished_ms)},
                       {"attempts", job.attempts},
                       {"position", or_null(position)},
                       {"progress", progress_object(job.progress)},
                       {"request", parsed(job.spec.request)},
                       {"outputs", std::move(outputs)},
                       {"warnings", warning_list(job.warnings)},
                       {"error", error_member(job.error)}});
}

Json event_object(const JobEvent& event, Previews previews) {
  Json json = Json::object({{"sequence", event.sequence},
                            {"job", event.job},
                            {"type", event.type},
                            {"state", name_of(event.state)},
                            {"progress", progress_object(event.progress)},
                            {"position", or_null(event.position)}});
  if (!event.preview || !event.preview->bytes) return json;
  Json preview =
      Json::object({{"step", event.preview->step}, {"content_type", event.preview->content_type}});
  if (previews == Previews::kWith) preview.set("b64", base64_encode(*event.preview->bytes));
  json.set("preview", std::move(preview));
  return json;
}

Json gallery_object(const GalleryRow& row) {
  const std::string path = fmt::format("/api/v1/gallery/{}", row.id);
  return Json::object({{"id", row.id},
                       {"job", row.job},
                       {"blob", row.blob},
                       {"content_type", row.content_type},
                       {"model", row.model},
                       {"prompt", row.prompt},
                       {"infotext", row.infotext},
                       {"seed", row.seed},
                       {"width", row.width},
                       {"height", row.height},
                       {"created_ms", row.created_ms},
                       {"size_bytes", row.size_bytes},
                       {"content", path + "/content"},
                       {"thumbnail", path + "/thumbnail"}});
}

}  // namespace diptych
