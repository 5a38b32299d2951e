#pragma once
// Pictures in memory, and the files they come from and go to: PNG, JPEG, WebP, with the texts that
// travel in them.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace diptych {

// Row by row from the top, channels interleaved: 1 grey, 3 RGB, 4 RGB and alpha (not
// premultiplied). Taken as sRGB.
struct Picture {
  int width = 0, height = 0, channels = 0;
  std::vector<std::uint8_t> pixels;  // [height, width, channels]

  Picture() = default;
  Picture(int of_width, int of_height, int of_channels, std::uint8_t fill = 0)
      : width(of_width),
        height(of_height),
        channels(of_channels),
        pixels(static_cast<std::size_t>(of_width) * static_cast<std::size_t>(of_height) *
                   static_cast<std::size_t>(of_channels),
               fill) {}

  std::size_t row_bytes() const {
    return static_cast<std::size_t>(width) * static_cast<std::size_t>(channels);
  }
  std::uint8_t* row(int y) { return pixels.data() + static_cast<std::size_t>(y) * row_bytes(); }
  const std::uint8_t* row(int y) const {
    return pixels.data() + static_cast<std::size_t>(y) * row_bytes();
  }
  friend bool operator==(const Picture&, const Picture&) = default;
};

enum class PictureFormat : std::uint8_t { kPng, kJpeg, kWebp };
std::string_view name_of(PictureFormat format);  // "png", "jpeg", "webp": also the file's ending
std::string_view mime_type_of(PictureFormat format);
std::optional<PictureFormat> find_picture_format(std::string_view name);     // also "jpg"
std::optional<PictureFormat> detect_picture_format(std::string_view bytes);  // by the first bytes

// A text in a picture file. Generation parameters have the keyword "parameters".
struct PictureText {
  std::string keyword;  // 1 to 79 printable Latin-1 characters
  std::string text;     // UTF-8
  friend bool operator==(const PictureText&, const PictureText&) = default;
};
using PictureTexts = std::vector<PictureText>;
inline constexpr std::string_view kParametersKeyword = "parameters";
const std::string* find_text(const PictureTexts& texts, std::string_view keyword);

struct PictureLimits {  // checked before anything of that size is allocated
  int side_max = 16384;
  std::uint64_t pixels_max = std::uint64_t{64} << 20;
  std::size_t bytes_max = std::size_t{256} << 20;     // of the file
  std::size_t text_bytes_max = std::size_t{4} << 20;  // of all texts together, inflated
};

struct DecodedPicture {
  Picture picture;  // upright: the orientation of EXIF is applied
  PictureFormat format = PictureFormat::kPng;
  PictureTexts texts;
  Warnings warnings;  // e.g. a colour profile that is not applied
};

// Errors: kInvalidArgument for what is no picture, broken or cut off, or beyond a limit;
// kUnsupported for animations.
Result<DecodedPicture> decode_picture(std::string_view bytes, const PictureLimits& limits = {});

// The texts alone, without decoding: its cost is that of walking the file's parts. What is broken
// ends the walk.
Result<PictureTexts> read_picture_texts(std::string_view bytes, const PictureLimits& limits = {});

struct PictureEncoding {
  PictureFormat format = PictureFormat::kPng;
  int quality = 80;       // jpeg, webp: 1 to 100
  bool lossless = false;  // webp
  int compression = 6;    // png: zlib's 0 to 9; webp: effort 0 to 6
  PictureTexts texts;
};

struct EncodedPicture {
  std::string bytes;
  Warnings warnings;  // a text that other programs see only in part
};

// Errors: kInvalidArgument for options out of range; kUnsupported where the format cannot hold the
// picture (alpha in JPEG).
Result<EncodedPicture> encode_picture(const Picture& picture, const PictureEncoding& encoding);

}  // namespace diptych
