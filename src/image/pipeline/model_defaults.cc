#include "image/pipeline/model_defaults.h"

#include <fmt/format.h>

#include "formats/config_json.h"
#include "image/models/checkpoint.h"
#include "image/models/kl_vae_config.h"
#include "image/models/unet_config.h"
#include "image/pipeline/picture_model.h"

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

Result<ModelDefaults> defaults_of(const Checkpoint& checkpoint) {
  ModelDefaults defaults;
  Warnings ignored_warnings;  // told where the model is opened to draw
  TRY(const UnetConfig unet, parse_unet_config(checkpoint.unet.config, ignored_warnings));
  TRY(const KlVaeConfig vae, parse_kl_vae_config(checkpoint.vae.config, ignored_warnings));
  if (unet.sample_size > 0) defaults.width = defaults.height = unet.sample_size * vae.reduction();
  const Path file = checkpoint.origin / "diptych.json";
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return defaults;
  TRY(const Json json, read_config_json(file));
  for (const Json::Member& member : json.as_object())
    TRY_STATUS(read_member(member, file, defaults));
  return defaults;
}

Result<ModelDefaults> defaults_of(const PictureModel& model) {
  return defaults_of(model.checkpoint());
}

}  // namespace diptych
