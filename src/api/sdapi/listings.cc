#include "api/sdapi/listings.h"

#include "api/sdapi/answers.h"
#include "api/sdapi/get_desk.h"
#include "api/sdapi/schedule_names.h"
#include "image/pipeline/hires.h"
#include "image/samplers/schedule_registry.h"
#include "image/samplers/solver_registry.h"

namespace diptych::sdapi {
namespace {

constexpr double kPixelUpscale = 4;  // A1111's word for "as much as is wanted"

Json names_json(std::span<const std::string_view> names) {
  Json list = Json::array();
  for (const std::string_view name : names) list.push_back(name);
  return list;
}

Json sampler_json(const SolverRow& row) {
  Json options = Json::object({{"scheduler", schedule_id(row.schedule)}});
  if (row.evaluations_per_step == 2) options.set("second_order", "True");
  if (row.discards_next_to_last) options.set("discard_next_to_last_sigma", "True");
  if (row.traits.uses_ensd) options.set("uses_ensd", "True");
  if (row.traits.brownian) options.set("brownian_noise", "True");
  return Json::object(
      {{"name", row.name}, {"aliases", names_json(row.aliases)}, {"options", std::move(options)}});
}

Json schedule_json(std::string_view label, Json aliases) {
  return Json::object({{"name", schedule_id(label)},
                       {"label", label},
                       {"aliases", std::move(aliases)},
                       {"default_rho", -1},
                       {"need_inner_model", false}});
}

}  // namespace

Result<Reply> list_samplers(const Call&, Services&) {
  Json list = Json::array();
  for (const SolverRow& row : solver_rows()) list.push_back(sampler_json(row));
  return json_answer(list);
}

Result<Reply> list_schedulers(const Call&, Services&) {
  Json list = Json::array({schedule_json("Automatic", nullptr)});
  for (const ScheduleRow& row : schedule_rows()) {
    if (row.models == ScheduleModels::kFlowOnly) continue;  // no model here is one
    Json json = schedule_json(row.name, row.aliases.empty() ? Json() : names_json(row.aliases));
    if (row.takes_rho) json.set("default_rho", nullptr);  // each has its own
    list.push_back(std::move(json));
  }
  return json_answer(list);
}

Result<Reply> list_upscalers(const Call&, Services&) {
  const auto upscaler = [](std::string_view name, double scale) {
    return Json::object({{"name", name},
                         {"model_name", nullptr},
                         {"model_path", nullptr},
                         {"model_url", nullptr},
                         {"scale", scale}});
  };
  Json list = Json::array({upscaler("None", 1)});
  for (const HiresUpscalerRow& row : hires_upscalers())
    if (!row.latent) list.push_back(upscaler(row.name, kPixelUpscale));
  return json_answer(list);
}

Result<Reply> list_latent_upscale_modes(const Call&, Services&) {
  Json list = Json::array();
  for (const HiresUpscalerRow& row : hires_upscalers())
    if (row.latent) list.push_back(Json::object({{"name", row.name}}));
  return json_answer(list);
}

Result<Reply> list_prompt_styles(const Call&, Services& services) {
  TRY(const Desk* const desk, get_desk(services));
  Json list = Json::array();
  for (const PromptStyle& style : desk->styles())
    list.push_back(Json::object({{"name", style.name},
                                 {"prompt", style.prompt},
                                 {"negative_prompt", style.negative_prompt}}));
  return json_answer(list);
}

Result<Reply> list_embeddings(const Call&, Services&) {
  return json_answer(Json::object({{"loaded", Json::object()}, {"skipped", Json::object()}}));
}

Result<Reply> list_scripts(const Call&, Services&) {
  return json_answer(Json::object({{"txt2img", Json::array()}, {"img2img", Json::array()}}));
}

Result<Reply> list_nothing(const Call&, Services&) { return json_answer(Json::array()); }

}  // namespace diptych::sdapi
