#pragma once
// What a server draws with: the devices, the models on disk and in memory.

#include <memory>

#include "app/config.h"
#include "base/clock.h"
#include "base/error.h"
#include "jobs/job_runner.h"
#include "jobs/pictures/picture_catalog.h"

namespace diptych {

class PictureService {
 public:
  static Result<std::unique_ptr<PictureService>> open(const AppConfig& config);
  virtual ~PictureService() = default;

  virtual PictureCatalog& catalog() = 0;
  // Draws jobs with these models. The service must outlive it.
  virtual std::unique_ptr<JobRunner> make_runner(const AppConfig& config, const Clock& clock) = 0;
};

}  // namespace diptych
