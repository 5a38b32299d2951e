#include "api/sdapi/models.h"

#include <utility>

#include "api/sdapi/answers.h"
#include "api/sdapi/checkpoint.h"
#include "api/sdapi/draw_answer.h"
#include "api/sdapi/get_desk.h"
#include "api/sdapi/lenient.h"
#include "api/sdapi/options.h"

namespace diptych::sdapi {
namespace {

constexpr std::string_view kCheckpoint = "sd_model_checkpoint";

Json or_null(std::string text) { return text.empty() ? Json() : Json(std::move(text)); }

Json model_json(const PictureModelEntry& model) {
  return Json::object({{"title", model.title},
                       {"model_name", model_name_of(model)},
                       {"hash", or_null(short_hash(model))},
                       {"sha256", or_null(model.sha256)},
                       {"filename", model.path},
                       {"config", nullptr},
                       {"type", or_null(model.family)}});
}

// The caller's default model.
Result<PictureModelEntry> own_checkpoint(const Call& call, Services& services) {
  TRY(const Desk* const desk, get_desk(services));
  TRY(PictureServices * pictures, get_pictures(services));
  const Json shown = shown_options(desk->options_of(call.caller.key_id), &pictures->catalog);
  if (!shown[kCheckpoint].is_string() || shown[kCheckpoint].as_string().empty())
    return fail(ErrorCode::kNotFound, "This server has no picture model.",
                std::string(kCheckpoint));
  return find_checkpoint(shown[kCheckpoint].as_string(), pictures->catalog, kCheckpoint);
}

// Options that say something else than they do now; with warnings for what cannot.
Json changes_in(const Json& given, const Json& now) {
  Json changes = Json::object();
  for (const auto& [name, value] : given.as_object()) {
    const Json* before = now.find(name);
    if (before == nullptr || *before != value) changes.set(name, value);
  }
  return changes;
}

struct Accepted {
  Json updated = Json::array(), kept = Json::object(), ignored = Json::array();
};

// Sorts checked changes into those that have an effect and the others.
Accepted sort_changes(const Json& changes) {
  Accepted accepted;
  for (const auto& [name, value] : changes.as_object()) {
    const Field* row = find_row(kOptionsSchema, name);
    if (row == nullptr || row->support == Support::kIgnored) {
      accepted.ignored.push_back(name);
      continue;
    }
    accepted.updated.push_back(Json::object({{name, true}}));
    accepted.kept.set(name, value);
  }
  return accepted;
}

// All are checked before any is set.
Result<Reply> change_options(const Json& given, const Call& call, Services& services) {
  TRY(Desk * desk, get_desk(services));
  PictureCatalog* catalog = services.pictures != nullptr ? &services.pictures->catalog : nullptr;
  Json changes = changes_in(given, shown_options(desk->options_of(call.caller.key_id), catalog));
  OptionValues checked;
  Warnings warnings;
  TRY_STATUS(apply_options(changes, "", checked, warnings));
  std::string load;
  if (!checked.checkpoint.empty()) {
    TRY(PictureServices * pictures, get_pictures(services));
    TRY(const PictureModelEntry model,
        find_checkpoint(checked.checkpoint, pictures->catalog, kCheckpoint));
    changes.set(kCheckpoint, model.title);
    load = model.id;
  }
  Accepted accepted = sort_changes(changes);
  if (!accepted.kept.as_object().empty())
    TRY_STATUS(desk->set_options(call.caller.key_id, accepted.kept));
  if (!load.empty()) TRY_STATUS(services.pictures->catalog.load(load));
  Json body = Json::object(
      {{"updated", std::move(accepted.updated)}, {"ignored", std::move(accepted.ignored)}});
  if (!warnings.empty()) body.set("warnings", warnings_json(warnings));
  Answer answer{.body = dump_json(body)};
  add_warnings(answer, warnings);
  return Reply(std::move(answer));
}

}  // namespace

// --- checkpoints --------------------------------------------------------------------------------

Result<Reply> list_models(const Call&, Services& services) {
  TRY(PictureServices * pictures, get_pictures(services));
  Json list = Json::array();
  for (const PictureModelEntry& model : pictures->catalog.models())
    if (model.problem.empty()) list.push_back(model_json(model));
  return json_answer(list);
}

Result<Reply> get_checkpoint(const Call& call, Services& services) {
  TRY(const PictureModelEntry model, own_checkpoint(call, services));
  return json_answer(Json::object({{"type", or_null(model.family)},
                                   {"class", nullptr},
                                   {"title", model.title},
                                   {"name", model_name_of(model)},
                                   {"filename", model.path},
                                   {"hash", or_null(short_hash(model))},
                                   {"resident", model.resident}}));
}

Result<Reply> set_checkpoint(const Call& call, Services& services) {
  const auto name = call.query_value(kCheckpoint);
  if (!name) return missing_parameter(kCheckpoint);
  return change_options(Json::object({{std::string(kCheckpoint), *name}}), call, services);
}

Result<Reply> refresh_checkpoints(const Call&, Services& services) {
  TRY(PictureServices * pictures, get_pictures(services));
  pictures->catalog.refresh();
  return null_answer();
}

Result<Reply> refresh_nothing(const Call&, Services&) { return null_answer(); }

Result<Reply> refresh_styles(const Call&, Services& services) {
  TRY(Desk * desk, get_desk(services));
  TRY_STATUS(desk->read_styles());
  return null_answer();
}

Result<Reply> unload_checkpoint(const Call& call, Services& services) {
  TRY(const PictureModelEntry model, own_checkpoint(call, services));
  TRY_STATUS(services.pictures->catalog.unload(model.id));
  return empty_answer();
}

Result<Reply> reload_checkpoint(const Call& call, Services& services) {
  TRY(const PictureModelEntry model, own_checkpoint(call, services));
  TRY_STATUS(services.pictures->catalog.load(model.id));
  return empty_answer();
}

// --- options ------------------------------------------------------------------------------------

Result<Reply> get_options(const Call& call, Services& services) {
  TRY(const Desk* const desk, get_desk(services));
  return json_answer(
      shown_options(desk->options_of(call.caller.key_id),
                    services.pictures != nullptr ? &services.pictures->catalog : nullptr));
}

Result<Reply> set_options(const Call& call, Services& services) {
  TRY(const Json given, read_body(kOptionsSchema, call.body));
  return change_options(given, call, services);
}

Result<Reply> get_flags(const Call&, Services&) {
  return json_answer(Json::object({{"api", true},
                                   {"nowebui", true},
                                   {"listen", false},
                                   {"api_server_stop", false},
                                   {"lowvram", false},
                                   {"medvram", false}}));
}

}  // namespace diptych::sdapi
