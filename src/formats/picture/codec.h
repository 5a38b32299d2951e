#pragma once
// What each picture format provides; picture.cc has one row of these for each. Inside
// formats/picture only.

#include <string>
#include <string_view>

#include "formats/picture.h"

namespace diptych {

// What lies beside the pixels in a file.
struct PictureExtras {
  int orientation = 1;  // EXIF 0x0112: 1 is upright
  PictureTexts texts;
  std::size_t text_bytes = 0;       // of all texts met, also those that do not count
  bool has_colour_profile = false;  // other than sRGB as far as its name tells
};

// The pixels of a file, before its orientation is applied.
struct DecodedPixels {
  Picture picture;
  Warnings warnings;
};

Result<DecodedPixels> decode_png(std::string_view bytes, const PictureLimits& limits);
Result<DecodedPixels> decode_jpeg(std::string_view bytes, const PictureLimits& limits);
Result<DecodedPixels> decode_webp(std::string_view bytes, const PictureLimits& limits);

// Broken parts end the walk; what was found before counts. kInvalidArgument: the texts are beyond
// their limit.
Result<PictureExtras> read_png_extras(std::string_view bytes, const PictureLimits& limits);
Result<PictureExtras> read_jpeg_extras(std::string_view bytes, const PictureLimits& limits);
Result<PictureExtras> read_webp_extras(std::string_view bytes, const PictureLimits& limits);

Result<EncodedPicture> encode_png(const Picture& picture, const PictureEncoding& encoding);
Result<EncodedPicture> encode_jpeg(const Picture& picture, const PictureEncoding& encoding);
Result<EncodedPicture> encode_webp(const Picture& picture, const PictureEncoding& encoding);

// width × height against the limits; an error names both.
Status check_picture_size(std::uint64_t width, std::uint64_t height, const PictureLimits& limits);
std::unexpected<Error> broken_picture(std::string_view format, std::string_view what);

// Appends, or refuses when there are too many texts or all together are beyond the limit. Of texts
// with the same keyword the first counts.
Status add_text(PictureExtras& extras, PictureText text, const PictureLimits& limits);
// A profile's description says sRGB: nothing is lost by not applying it.
bool is_srgb_profile(std::string_view icc);

}  // namespace diptych
