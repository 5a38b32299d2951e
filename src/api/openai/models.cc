#include "api/openai/models.h"

#include <fmt/format.h>

#include "jobs/pictures/picture_catalog.h"
#include "text/model.h"

namespace diptych::openai {
namespace {

ModelEntry entry_of(const PictureModelEntry& model) {
  return {.id = model.id,
          .kind = ModelKind::kImage,
          .path = model.path,
          .size_bytes = model.size_bytes,
          .loaded = model.resident};
}

Result<ModelEntry> find_model(const Call& call, Services& services) {
  auto entry = services.models.find(call.param("id"));
  if (entry || entry.error().code != ErrorCode::kNotFound) return entry;
  if (services.pictures != nullptr)
    for (const PictureModelEntry& model : services.pictures->catalog.models())
      if (model.id == call.param("id")) return entry_of(model);
  return fail(ErrorCode::kNotFound,
              fmt::format("The model '{}' does not exist or you do not have access to it.",
                          call.param("id")),
              "model", "model_not_found");
}

}  // namespace

Json model_object(const ModelEntry& entry, ModelRegistry& models) {
  const bool text = entry.kind == ModelKind::kText;
  Json ours = Json::object({{"kind", text ? "text" : "image"},
                            {"loaded", entry.loaded},
                            {"size_bytes", entry.size_bytes}});
  ours.set("modalities", Json::array({text ? "text" : "image"}));
  if (text && entry.loaded) {
    if (const auto model = models.loaded_text_model(entry.id)) {
      ours.set("context_length", model->context_length());
      ours.set("quantization", model->facts().quantization);
      ours.set("parameter_count", model->facts().parameter_count);
    }
  }
  return Json::object({{"id", entry.id},
                       {"object", "model"},
                       {"created", entry.created},
                       {"owned_by", entry.owned_by},
                       {"x_diptych", std::move(ours)}});
}

Result<Reply> list_models(const Call&, Services& services) {
  Json data = Json::array();
  for (const ModelEntry& entry : services.models.list())
    data.push_back(model_object(entry, services.models));
  if (services.pictures != nullptr)
    for (const PictureModelEntry& model : services.pictures->catalog.models())
      if (model.problem.empty()) data.push_back(model_object(entry_of(model), services.models));
  return Reply(
      Answer{.body = dump_json(Json::object({{"object", "list"}, {"data", std::move(data)}}))});
}

Result<Reply> get_model(const Call& call, Services& services) {
  TRY(const ModelEntry entry, find_model(call, services));
  return Reply(Answer{.body = dump_json(model_object(entry, services.models))});
}

Result<Reply> delete_model(const Call& call, Services& services) {
  TRY(const ModelEntry entry, find_model(call, services));
  return fail(ErrorCode::kForbidden,
              fmt::format("Model '{}' belongs to the server. Its administrator removes it with: "
                          "diptych models remove {}",
                          entry.id, entry.id),
              "model", "insufficient_permissions");
}

}  // namespace diptych::openai
