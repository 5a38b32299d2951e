#pragma once
// The picture models of this machine, as handlers see them.

#include <memory>

#include "jobs/pictures/picture_catalog.h"
#include "jobs/pictures/resident_models.h"

namespace diptych {

// Both must outlive the catalog.
std::unique_ptr<PictureCatalog> make_local_picture_catalog(PictureLibrary& library,
                                                           ResidentModels& models);

}  // namespace diptych
