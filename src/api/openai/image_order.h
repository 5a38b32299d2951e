#pragma once
// From a body of /v1/images to a job, and what its answer will say about it.

#include <string>

#include "api/openai/image_fields.h"
#include "api/picture_order.h"

namespace diptych::openai {

enum class ImageTask : std::uint8_t { kGenerate, kEdit, kVary };

struct ImageShape {  // what an answer says beside its pictures
  std::string job, model, size, quality, format;
  std::string base_url;  // of links; "": the pictures themselves
  std::int64_t created = 0;
  Warnings warnings;
};

struct ImageOrder {
  PictureOrder order;
  ImageShape shape;  // without its job
};

// Chooses size, steps and strength, and keeps the pictures that the request brings. May wait for
// the disk.
Result<ImageOrder> make_image_order(ImageBody body, ImageTask task, const Call& call,
                                    Services& services);

}  // namespace diptych::openai
