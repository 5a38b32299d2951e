#include "api/diptych/picture_capabilities.h"

#include "api/picture_fields.h"
#include "api/picture_names.h"
#include "image/prompt/attention.h"
#include "image/prompt/emphasis.h"
#include "image/samplers/schedule_registry.h"
#include "image/samplers/solver_registry.h"
#include "jobs/pictures/picture_catalog.h"

namespace diptych {
namespace {

template <class Names>
Json list_of(const Names& names) {
  Json list = Json::array();
  for (const std::string_view name : names) list.push_back(name);
  return list;
}

Json model_rows(PictureCatalog& catalog) {
  Json rows = Json::array();
  for (const PictureModelEntry& entry : catalog.models()) {
    const ModelDefaults& defaults = entry.defaults;
    rows.push_back(Json::object({{"id", entry.id},
                                 {"title", entry.title},
                                 {"family", entry.family},
                                 {"problem", entry.problem.empty() ? Json() : Json(entry.problem)},
                                 {"sha256", entry.sha256.empty() ? Json() : Json(entry.sha256)},
                                 {"size_bytes", entry.size_bytes},
                                 {"resident", entry.resident},
                                 {"inpainting", entry.is_inpainting},
                                 {"defaults", Json::object({{"width", defaults.width},
                                                            {"height", defaults.height},
                                                            {"steps", defaults.steps},
                                                            {"cfg_scale", defaults.cfg_scale}})}}));
  }
  return rows;
}

Json sampler_rows() {
  Json rows = Json::array();
  for (const SolverRow& row : solver_rows())
    rows.push_back(Json::object({{"name", row.name},
                                 {"aliases", list_of(row.aliases)},
                                 {"doc", row.doc},
                                 {"schedule", row.schedule},
                                 {"evaluations_per_step", row.evaluations_per_step},
                                 {"stochastic", row.stochastic}}));
  return rows;
}

Json schedule_list() {
  Json rows = Json::array();
  for (const ScheduleRow& row : schedule_rows())
    rows.push_back(
        Json::object({{"name", row.name}, {"aliases", list_of(row.aliases)}, {"doc", row.doc}}));
  return rows;
}

Json limits_of(const ApiLimits& limits) {
  return Json::object({{"side_min", kPictureSideMin},
                       {"side_max", kPictureSideMax},
                       {"side_multiple", kPictureSideStep},
                       {"steps_max", kPictureStepsMax},
                       {"input_bytes_max", std::uint64_t{limits.picture_bytes_max}},
                       {"input_pixels_max", limits.picture_pixels_max}});
}

}  // namespace

Json picture_capabilities(Services& services) {
  if (services.pictures == nullptr) return nullptr;
  PictureCatalog& catalog = services.pictures->catalog;
  Json parsers = Json::array(), emphases = Json::array();
  for (const AttentionRow& row : attention_rows()) parsers.push_back(row.name);
  for (const EmphasisRow& row : emphasis_rows()) emphases.push_back(row.name);
  return Json::object({{"models", model_rows(catalog)},
                       {"default_model", catalog.default_model()},
                       {"samplers", sampler_rows()},
                       {"schedules", schedule_list()},
                       {"hires_upscalers", list_of(hires_upscaler_names())},
                       {"prompt_parsers", std::move(parsers)},
                       {"emphasis", std::move(emphases)},
                       {"formats", Json::array({"png", "jpeg", "webp"})},
                       {"limits", limits_of(services.limits)}});
}

}  // namespace diptych
