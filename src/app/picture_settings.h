#pragma once
// What a server and a command have in common when they draw.

#include <string>

#include "app/config.h"
#include "base/error.h"
#include "image/pipeline/picture_model.h"
#include "jobs/pictures/file_hashes.h"
#include "jobs/pictures/picture_library.h"

namespace diptych {

PicturePlaces picture_places(const AppConfig& config);
Path file_hashes_path(const AppConfig& config);
// `precision` "": the device's fastest. The hashes must outlive the models.
Result<ModelSettings> picture_settings(const std::string& devices, const std::string& precision,
                                       FileHashes& hashes);

}  // namespace diptych
