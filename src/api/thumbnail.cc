#include "api/thumbnail.h"

#include <algorithm>
#include <cmath>

#include "formats/picture.h"
#include "image/pixels/resize.h"

namespace diptych {
namespace {

constexpr int kQuality = 85;

int fitted(int pixels, int longest, int side) {
  return std::max(1, static_cast<int>(std::lround(static_cast<double>(pixels) * side / longest)));
}

}  // namespace

Result<Thumbnail> make_thumbnail(std::string_view file, int side) {
  TRY(DecodedPicture decoded, decode_picture(file));
  Picture& picture = decoded.picture;
  const int longest = std::max(picture.width, picture.height);
  if (longest > side)
    picture = resize(picture, fitted(picture.width, longest, side),
                     fitted(picture.height, longest, side), ResizeFilter::kLanczos);
  const PictureFormat format = picture.channels == 4 ? PictureFormat::kPng : PictureFormat::kJpeg;
  TRY(EncodedPicture encoded, encode_picture(picture, {.format = format, .quality = kQuality}));
  return Thumbnail{std::move(encoded.bytes), std::string(mime_type_of(format))};
}

}  // namespace diptych
