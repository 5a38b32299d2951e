#include "api/sdapi/scripts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string>

#include "api/sdapi/lenient.h"

namespace diptych::sdapi {
namespace {

// How a well-known script says that it does nothing.
enum class Switch {
  kFlag,   // args[index] is false, or an object with enable(d) false
  kUnits,  // every one of args is an object with enable(d) false
};
struct KnownScript {
  std::string_view title;  // lower case
  Switch off;
  std::size_t index = 0;
};
constexpr KnownScript kKnown[] = {
    {"controlnet", Switch::kUnits},     {"adetailer", Switch::kFlag},
    {"animatediff", Switch::kFlag},     {"self attention guidance", Switch::kFlag},
    {"refiner", Switch::kFlag},         {"hypertile", Switch::kFlag},
    {"soft inpainting", Switch::kFlag}, {"dynamic thresholding (cfg scale fixing)", Switch::kFlag},
    {"tiled diffusion", Switch::kFlag}, {"tiled vae", Switch::kFlag},
    {"roop", Switch::kFlag, 1},         {"reactor", Switch::kFlag, 1},
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool is_off(const Json& flag) {
  if (flag.is_null()) return true;
  if (flag.is_bool()) return !flag.as_bool();
  for (const std::string_view name : {"enabled", "enable"})
    if (const Json* value = flag.find(name)) return value->is_bool() && !value->as_bool();
  return false;
}

bool does_nothing(const KnownScript& script, const Json& args) {
  if (args.is_null()) return true;  // its defaults
  if (!args.is_array()) return is_off(args);
  const Json::Array& list = args.as_array();
  if (script.off == Switch::kUnits) return std::ranges::all_of(list, is_off);
  return list.size() <= script.index || is_off(list[script.index]);
}

Status check_always_on(const Json& value, const FieldSite& site) {
  for (const auto& [title, settings] : value.as_object()) {
    const std::string path = fmt::format("{}.{}", site.path, title);
    const auto known = std::ranges::find(kKnown, lower(title), &KnownScript::title);
    if (known == std::end(kKnown))
      return invalid_value(path, fmt::format("always on script {} not found", title));
    if (!settings.is_object()) return invalid_type(path, kObject, settings);
    if (!does_nothing(*known, settings["args"]))
      return unsupported_parameter(path, fmt::format("The script '{}' is not here.", title));
  }
  return {};
}

Status check_script_name(const Json& value, const FieldSite& site) {
  if (asks_for_nothing(value.as_string())) return {};
  return invalid_value(site.path, fmt::format("Script '{}' not found", value.as_string()));
}

constexpr Field kRows[] = {
    {.name = "script_name",
     .doc = "Empty or None: there are no scripts.",
     .types = kString | kNull,
     .shown_default = "null",
     .parse = check_script_name},
    {.name = "script_args",
     .types = kArray | kObject | kNull,
     .support = Support::kDescriptive,
     .reason = "They belong to script_name, which is empty.",
     .shown_default = "[]"},
    {.name = "alwayson_scripts",
     .doc = "Scripts of other programs may be sent switched off.",
     .types = kObject | kNull,
     .limits = {.length_max = 64},
     .shown_default = "{}",
     .parse = check_always_on},
};

}  // namespace

std::span<const Field> script_rows() { return kRows; }

}  // namespace diptych::sdapi
