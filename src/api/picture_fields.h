#pragma once
// The fields of a picture as rows that several endpoints share: what an ImageRequest can say, in
// its own names. A body has a member of type PictureFields that the groups fill.

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "api/field.h"
#include "formats/picture.h"
#include "image/pipeline/image_request.h"

namespace diptych {

// What any model may be asked for; plan_drawing() checks again against the model at hand.
inline constexpr int kPictureSideMin = 16, kPictureSideMax = 4096, kPictureSideStep = 4;
inline constexpr int kPictureStepsMax = 500;

struct PictureFields {
  std::string model;     // "": the default one
  ImageRequest request;  // what is not said elsewhere here; init without its pictures
  // Where they are not given the model's defaults count.
  std::optional<int> width, height, steps;
  std::optional<double> cfg_scale;
  std::optional<std::int64_t> seed;  // none or −1: drawn by chance
  // Texts of read_picture_text(), or "blob:" and a hash. "": none.
  std::string init_picture, mask_picture;
  std::string init_path, mask_path;  // the fields they came from, for errors
  std::string init_blob, mask_blob;  // instead of the texts: checked and kept already
  PictureFormat format = PictureFormat::kPng;
  std::optional<int> quality;
  std::optional<bool> lossless;
  bool write_infotext = true;
  int preview_every = 0;
};

// Rows that fill PictureFields.
std::span<const Field> picture_model_rows();    // model
std::span<const Field> picture_prompt_rows();   // prompt
std::span<const Field> picture_drawing_rows();  // negative_prompt, seed, steps, sampler, …
std::span<const Field> picture_size_rows();     // width, height, batch_size, batch_count
std::span<const Field> picture_source_rows();   // init, hires
std::span<const Field> picture_file_rows();     // format, quality, lossless, …

extern const BodySchema kPictureSchema;  // all of them: a native picture job

Status check_picture_side(int side, std::string_view path);  // limits and multiple, by name

}  // namespace diptych
