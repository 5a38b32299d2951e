#include "app/picture_models.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "app/picture_settings.h"
#include "base/log.h"

namespace diptych {
namespace {

struct ModelFiles {
  Path model, other_parts;
};

Result<ModelFiles> find_model(const AppConfig& config, const Path& wanted,
                              const FileHashes& hashes) {
  std::error_code ignored;
  if (!wanted.empty() && std::filesystem::exists(wanted, ignored)) return ModelFiles{wanted, {}};
  if (wanted.empty() && std::filesystem::exists(config.picture_model, ignored))
    return ModelFiles{config.picture_model, {}};
  PictureLibrary library(picture_places(config), hashes);
  const std::string name = wanted.empty() ? library.default_model() : wanted.string();
  TRY(const FoundPictureModel found, library.find(name));
  if (found.entry.problem.empty()) return ModelFiles{found.entry.path, found.other_parts};
  return fail(ErrorCode::kUnsupported, found.entry.problem, "model");
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
  LocalPictures local;
  local.hashes = std::make_unique<FileHashes>(file_hashes_path(config));
  TRY(const ModelFiles files, find_model(config, options.model, *local.hashes));
  TRY(const ModelSettings settings,
      picture_settings(options.devices, options.precision, *local.hashes));
  local.backends = std::make_unique<Backends>(Backends::open());
  TRY(local.model, PictureModel::open(files.model, settings, *local.backends, files.other_parts));
  for (const Warning& warning : local.model->warnings()) log_warn("{}", warning.message);
  log_info("{}", local.model->choice(Module::kUnet).reason);
  return local;
}

}  // namespace diptych
