#pragma once
// A picture model opened for one command of this process, with what it needs around it.

#include <memory>
#include <string>

#include "app/config.h"
#include "compute/backends/backends.h"
#include "image/pipeline/picture_model.h"
#include "jobs/pictures/file_hashes.h"

namespace diptych {

struct PictureModelOptions {
  Path model;             // empty: the default picture model
  std::string devices;    // "auto", "openvino:cpu", "unet=ggml:cuda0,vae=openvino:cpu"
  std::string precision;  // empty: the device's fastest
};

struct LocalPictures {
  std::unique_ptr<Backends> backends;
  std::unique_ptr<FileHashes> hashes;
  std::unique_ptr<PictureModel> model;  // last: it uses the others
};

struct PixelSize {
  int width = 0, height = 0;
};
Result<PixelSize> parse_pixel_size(std::string_view text);  // "512x768"

// A path, or a model of the library. kNotFound: no such model, with what there is.
Result<LocalPictures> open_local_pictures(const AppConfig& config,
                                          const PictureModelOptions& options);

}  // namespace diptych
