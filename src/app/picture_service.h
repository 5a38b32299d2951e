#pragma once
// What a server draws with: the devices, the models on disk and in memory.

#include <memory>

#include "app/config.h"
#include "base/error.h"
#include "compute/backends/backends.h"
#include "jobs/job_runner.h"
#include "jobs/pictures/file_hashes.h"
#include "jobs/pictures/picture_catalog.h"
#include "jobs/pictures/picture_library.h"
#include "jobs/pictures/resident_models.h"

namespace diptych {

PicturePlaces picture_places(const AppConfig& config);
Path file_hashes_path(const AppConfig& config);
// `precision` "": the device's fastest.
Result<ModelSettings> picture_settings(const std::string& devices, const std::string& precision,
                                       FileHashes& hashes);

class PictureService {  // neither copied nor moved: its parts refer to each other
 public:
  static Result<std::unique_ptr<PictureService>> open(const AppConfig& config);

  PictureCatalog& catalog() { return *catalog_; }
  // Draws jobs with these models. The service must outlive it.
  std::unique_ptr<JobRunner> make_runner(const AppConfig& config, const Clock& clock);

 private:
  explicit PictureService(const AppConfig& config);

  Backends backends_;
  FileHashes hashes_;
  PictureLibrary library_;
  std::unique_ptr<ResidentModels> models_;
  std::unique_ptr<PictureCatalog> catalog_;
};

}  // namespace diptych
