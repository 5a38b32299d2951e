#include "image/pipeline/model_defaults.h"

#include <fmt/format.h>

#include "formats/config_json.h"

namespace diptych {
namespace {

struct Member {
  std::string_view name;
  double low, high;
  void (*set)(ModelDefaults& defaults, double value);
};

constexpr Member kMembers[] = {
    {"width", 8, 16384, [](ModelDefaults& d, double value) { d.width = static_cast<int>(value); }},
    {"height", 8, 16384,
     [](ModelDefaults& d, double value) { d.height = static_cast<int>(value); }},
    {"steps", 1, 1000, [](ModelDefaults& d, double value) { d.steps = static_cast<int>(value); }},
    {"cfg_scale", 0, 100, [](ModelDefaults& d, double value) { d.cfg_scale = value; }},
};

Status read_member(const Json::Member& given, const Path& file, ModelDefaults& defaults) {
  for (const Member& member : kMembers) {
    if (member.name != given.name) continue;
    if (given.value.is_number() && given.value.as_double() >= member.low &&
        given.value.as_double() <= member.high) {
      member.set(defaults, given.value.as_double());
      return {};
    }
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: {} must be a number from {} to {}", file.string(), given.name,
                            member.low, member.high),
                given.name);
  }
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{}: there is no member '{}'", file.string(), given.name), given.name);
}

}  // namespace

Result<ModelDefaults> defaults_of(const PictureModel& model) {
  ModelDefaults defaults;
  if (const int latents = model.unet_config().sample_size; latents > 0)
    defaults.width = defaults.height = latents * model.vae_config().reduction();
  const Path file = model.checkpoint().origin / "diptych.json";
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return defaults;
  TRY(const Json json, read_config_json(file));
  for (const Json::Member& member : json.as_object())
    TRY_STATUS(read_member(member, file, defaults));
  return defaults;
}

}  // namespace diptych
