#pragma once
// Picture models under the names that A1111's clients know them by.

#include <string>
#include <string_view>

#include "base/error.h"
#include "jobs/pictures/picture_catalog.h"

namespace diptych::sdapi {

std::string short_hash(const PictureModelEntry& model);     // ten hex digits; "" unknown
std::string model_name_of(const PictureModelEntry& model);  // the file's stem

// By title, id, file name, stem or hash, else by a prefix that only one model has. kNotFound
// (param `path`) lists what there is.
Result<PictureModelEntry> find_checkpoint(std::string_view name, PictureCatalog& catalog,
                                          std::string_view path);

}  // namespace diptych::sdapi
