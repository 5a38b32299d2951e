#include "app/picture_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/build_info.h"
#include "app/machine.h"
#include "app/picture_settings.h"
#include "jobs/pictures/local_picture_catalog.h"
#include "jobs/pictures/picture_runner.h"
#include "jobs/pictures/resident_models.h"

namespace diptych {
namespace {

constexpr std::uint64_t kBytesMin = std::uint64_t{512} << 20;

std::uint64_t bytes_max_of(const AppConfig& config) {
  if (config.picture_bytes_max > 0) return config.picture_bytes_max;
  return std::max(kBytesMin, memory_installed() / 2);
}

class LocalPictureService final : public PictureService {
 public:
  explicit LocalPictureService(const AppConfig& config)
      : backends_(Backends::open()),
        hashes_(file_hashes_path(config)),
        library_(picture_places(config), hashes_) {}

  Status open_models(const AppConfig& config) {
    TRY(ModelSettings settings,
        picture_settings(config.picture_device, config.picture_precision, hashes_));
    models_ = std::make_unique<ResidentModels>(
        library_, backends_,
        ResidentOptions{.settings = std::move(settings), .bytes_max = bytes_max_of(config)});
    catalog_ = make_local_picture_catalog(library_, *models_);
    return {};
  }

  PictureCatalog& catalog() override { return *catalog_; }

  std::unique_ptr<JobRunner> make_runner(const AppConfig& config, const Clock& clock) override {
    const BuildInfo& build = build_info();
    return make_picture_runner(
        *models_, clock,
        {.checkpoint_interval = config.picture_checkpoint_interval,
         .program_version = fmt::format("{} {}", build.version, build.commit)});
  }

 private:
  // Each refers to those before it.
  Backends backends_;
  FileHashes hashes_;
  PictureLibrary library_;
  std::unique_ptr<ResidentModels> models_;
  std::unique_ptr<PictureCatalog> catalog_;
};

}  // namespace

Result<std::unique_ptr<PictureService>> PictureService::open(const AppConfig& config) {
  auto service = std::make_unique<LocalPictureService>(config);
  TRY_STATUS(service->open_models(config));
  return service;
}

}  // namespace diptych
