#include "app/picture_settings.h"

#include <fmt/format.h>

#include <optional>

#include "compute/backends/backends.h"

namespace diptych {
namespace {

Result<std::optional<Precision>> parse_precision(const std::string& name) {
  if (name.empty()) return std::nullopt;
  const auto precision = find_precision(name);
  if (!precision)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("precision '{}' is none of f32, bf16, f16, int8", name), "precision");
  return precision;
}

}  // namespace

PicturePlaces picture_places(const AppConfig& config) {
  return {.default_model = config.picture_model,
          .default_id = picture_model_id(config.picture_model),
          .folder = config.models_folder()};
}

Path file_hashes_path(const AppConfig& config) { return config.data_dir / "file-hashes.json"; }

Result<ModelSettings> picture_settings(const std::string& devices, const std::string& precision,
                                       FileHashes& hashes) {
  ModelSettings settings;
  settings.devices = devices.empty() ? "auto" : devices;
  TRY_STATUS(parse_module_devices(settings.devices));
  TRY(settings.precision, parse_precision(precision));
  settings.sha256_of = [&hashes](const Path& file) { return hashes.get(file); };
  return settings;
}

}  // namespace diptych
