#include "app/picture_models.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "base/log.h"

namespace diptych {
namespace {

// A path, the default model's id, or a name in the models folder.
Result<Path> find_model(const AppConfig& config, const Path& wanted) {
  const Path name = wanted.empty() ? Path("diptych-emoji") : wanted;
  std::error_code ignored;
  if (std::filesystem::exists(name, ignored)) return name;
  const Path in_folder = config.models_folder() / name;
  if (std::filesystem::exists(in_folder, ignored)) return in_folder;
  if (name == "diptych-emoji" && std::filesystem::exists(config.picture_model, ignored))
    return config.picture_model;
  return fail(ErrorCode::kNotFound,
              fmt::format("there is no picture model '{}': neither a path nor in {}", name.string(),
                          config.models_folder().string()),
              "model");
}

Result<std::optional<Precision>> parse_precision(const std::string& name) {
  if (name.empty()) return std::nullopt;
  const auto precision = find_precision(name);
  if (!precision)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("precision '{}' is none of f32, bf16, f16, int8", name), "precision");
  return precision;
}

}  // namespace

Result<PixelSize> parse_pixel_size(std::string_view text) {
  PixelSize size;
  const char* const end = text.data() + text.size();
  const auto [cross, bad_width] = std::from_chars(text.data(), end, size.width);
  if (bad_width == std::errc{} && cross != end && *cross == 'x') {
    const auto [rest, bad_height] = std::from_chars(cross + 1, end, size.height);
    if (bad_height == std::errc{} && rest == end) return size;
  }
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("size '{}' is not WIDTHxHEIGHT, as in 512x768", text), "size");
}

Result<LocalPictures> open_local_pictures(const AppConfig& config,
                                          const PictureModelOptions& options) {
  TRY(const Path path, find_model(config, options.model));
  TRY(const std::optional<Precision> precision, parse_precision(options.precision));
  LocalPictures local;
  local.backends = std::make_unique<Backends>(Backends::open());
  ModelSettings settings;
  settings.devices = options.devices.empty() ? "auto" : options.devices;
  settings.precision = precision;
  TRY(local.model, PictureModel::open(path, settings, *local.backends));
  for (const Warning& warning : local.model->warnings()) log_warn("{}", warning.message);
  log_info("{}", local.model->choice(Module::kUnet).reason);
  return local;
}

}  // namespace diptych
