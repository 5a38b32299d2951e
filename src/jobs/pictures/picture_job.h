#pragma once
// A picture request as it lies in the queue: everything that decides the picture, so that another
// process can draw it later and it comes out the same. Pictures it starts from are blobs.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "image/pipeline/image_request.h"

namespace diptych {

enum class FileKind : std::uint8_t { kPng, kJpeg, kWebp };

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

std::string dump_picture_job(const PictureJob& job);
Result<PictureJob> parse_picture_job(std::string_view json);  // kInvalidArgument names the field

}  // namespace diptych
