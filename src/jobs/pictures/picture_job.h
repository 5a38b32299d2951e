#pragma once
// A picture request as it lies in the queue: everything that decides the picture, so that another
// process can draw it later and it comes out the same. Pictures it starts from are blobs.

#include <string>
#include <string_view>

#include "base/error.h"
#include "formats/picture.h"
#include "image/pipeline/image_request.h"

namespace diptych {

using FileKind = PictureFormat;

struct PictureJob {
  std::string model;     // id
  ImageRequest request;  // request.init->picture and masks are empty here: see init_blob, mask_blob
  std::string init_blob, mask_blob;
  FileKind file = FileKind::kPng;
  int quality = 90;          // JPEG, WebP: 1 … 100
  bool lossless = true;      // WebP
  bool transparent = false;  // reserved: refused until a model can
  bool write_infotext = true;
  int preview_every = 0;  // steps; 0: when somebody watches, at most two a second
};

// Names are those of the members; what is at its default is written too.
std::string dump_picture_job(const PictureJob& job);
// Absent members keep their defaults; unknown ones are refused. kInvalidArgument names the field
// ("request.init.resize"). Limits that depend on the model are not checked here: plan_drawing().
Result<PictureJob> parse_picture_job(std::string_view json);

}  // namespace diptych
