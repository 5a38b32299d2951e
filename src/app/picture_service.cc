#include "app/picture_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/build_info.h"
#include "app/machine.h"
#include "jobs/pictures/local_picture_catalog.h"
#include "jobs/pictures/picture_runner.h"

namespace diptych {
namespace {

constexpr std::uint64_t kBytesMin = std::uint64_t{512} << 20;

std::uint64_t bytes_max_of(const AppConfig& config) {
  if (config.picture_bytes_max > 0) return config.picture_bytes_max;
  return std::max(kBytesMin, memory_installed() / 2);
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
  TRY(settings.precision, parse_precision(precision));
  settings.sha256_of = [&hashes](const Path& file) { return hashes.get(file); };
  return settings;
}

PictureService::PictureService(const AppConfig& config)
    : backends_(Backends::open()),
      hashes_(file_hashes_path(config)),
      library_(picture_places(config), hashes_) {}

Result<std::unique_ptr<PictureService>> PictureService::open(const AppConfig& config) {
  std::unique_ptr<PictureService> service(new PictureService(config));
  TRY_STATUS(parse_module_devices(config.picture_device));
  TRY(ModelSettings settings,
      picture_settings(config.picture_device, config.picture_precision, service->hashes_));
  service->models_ = std::make_unique<ResidentModels>(
      service->library_, service->backends_,
      ResidentOptions{.settings = std::move(settings), .bytes_max = bytes_max_of(config)});
  service->catalog_ = make_local_picture_catalog(service->library_, *service->models_);
  return service;
}

std::unique_ptr<JobRunner> PictureService::make_runner(const AppConfig& config,
                                                       const Clock& clock) {
  const BuildInfo& build = build_info();
  return make_picture_runner(
      *models_, clock,
      {.checkpoint_interval = config.picture_checkpoint_interval,
       .program_version = fmt::format("{} {}", build.version, build.commit)});
}

}  // namespace diptych
