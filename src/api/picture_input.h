#pragma once
// Pictures as callers send them: Base64, data URLs, files of a form. Sizes are checked before
// anything of that size is allocated; what a picture is, its bytes say, not its declared type.

#include <cstddef>
#include <string>
#include <string_view>

#include "api/services.h"
#include "base/error.h"
#include "formats/picture.h"

namespace diptych {

struct PictureInput {
  std::string bytes;       // the file, as it came
  DecodedPicture decoded;  // upright, 8 bits a channel, CMYK as RGB
};

// `path` is the field as the client wrote it; it becomes the error's param. Errors
// (kInvalidArgument) have the details invalid_base64, invalid_image_url, invalid_image_format,
// image_too_large, image_parse_error or unsupported_image_media_type. What decoding changed
// (a colour profile that is not applied) becomes a warning.
Result<PictureInput> read_picture(std::string bytes, std::string_view path, const ApiLimits& limits,
                                  Warnings& warnings);

// Base64 (white space is passed over) or data:image/…;base64,… . A URL of another server is refused
// by name: nothing is fetched here.
Result<PictureInput> read_picture_text(std::string_view text, std::string_view path,
                                       const ApiLimits& limits, Warnings& warnings);

// The bytes behind such a text, whatever they are. At most `bytes_max`.
Result<std::string> decode_base64_input(std::string_view text, std::string_view path,
                                        std::size_t bytes_max);

// The file's bytes as a blob: the hash that a job's request names.
Result<std::string> keep_picture(const PictureInput& picture, PictureServices& pictures);
// A picture made here (a mask), as a lossless file.
Result<std::string> keep_picture(const Picture& picture, PictureServices& pictures);

}  // namespace diptych
