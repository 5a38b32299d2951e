#pragma once
// Which models pictures can be made with. For capabilities, sdapi and checks at the edge. Never
// loads a weight.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "image/pipeline/model_defaults.h"

namespace diptych {

struct PictureJob;  // jobs/pictures/picture_job.h

struct PictureModelEntry {
  std::string id, title, path,
      family;  // family: "sd1", "sd2", "sdxl"; "" if the file cannot be read: then `problem`
  std::string problem;
  std::string sha256;  // "" until computed
  std::uint64_t size_bytes = 0;
  bool resident = false, is_inpainting = false;
  ModelDefaults defaults;
};

class PictureCatalog {  // safe from any thread
 public:
  virtual ~PictureCatalog() = default;
  virtual std::vector<PictureModelEntry> models() = 0;
  virtual Result<PictureModelEntry> find(
      std::string_view id_or_title) = 0;          // kNotFound lists what there is
  virtual std::string default_model() const = 0;  // "" if there is none
  // Whether its model can draw this: model, sampler, sizes, every limit. For the edge, before a job
  // is accepted; opens the model's file, loads nothing. Its pictures are not looked at.
  virtual Status check(const PictureJob& /*job*/) { return {}; }
  virtual Result<std::string> load(
      std::string_view id) = 0;  // asks for it to be resident next; the id
  virtual Status unload(std::string_view id) = 0;
  virtual void refresh() = 0;
};

}  // namespace diptych
