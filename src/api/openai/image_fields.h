#pragma once
// The bodies of /v1/images: generations (JSON), edits (JSON or a form) and variations (a form).

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "api/call.h"
#include "api/field.h"
#include "api/picture_fields.h"
#include "api/services.h"

namespace diptych::openai {

struct PictureSource {  // one of these; the path says where it stood
  std::string path;
  std::string text;     // data URL or Base64
  std::string file_id;  // of /v1/files
  std::string bytes;    // a form's file
};

struct ImageBody {
  PictureFields picture;  // model, prompt and the local extras
  int count = 1;
  std::string size = "auto";
  std::string quality = "auto", background = "auto";
  std::optional<int> output_compression;
  bool url = false, stream = false;
  int partial_images = 0;
  std::string user;
  // edits and variations
  std::vector<PictureSource> images;
  std::optional<PictureSource> mask;
  bool high_fidelity = false;
  std::optional<double> denoising_strength;
  Warnings warnings;
};

extern const BodySchema kImageGenerationSchema, kImageEditSchema, kImageVariationSchema;

// Parse and apply the rules between fields.
Result<ImageBody> parse_image_generation(std::string_view body, const ApiLimits& limits);
Result<ImageBody> parse_image_edit(const Call& call, const ApiLimits& limits);
Result<ImageBody> parse_image_variation(const Call& call, const ApiLimits& limits);

// Rows that the image_generation tool shares; they fill ImageBody.
std::span<const Field> image_output_rows();   // size, quality, background, output_format, …
std::span<const Field> image_partial_rows();  // partial_images
Status check_image_output(ImageBody& body);   // compression and format, seed and quality, …

struct SizeWish {
  int width = 0, height = 0;
};
Result<std::optional<SizeWish>> parse_image_size(std::string_view size,
                                                 std::string_view path);  // nullopt: "auto"

}  // namespace diptych::openai
