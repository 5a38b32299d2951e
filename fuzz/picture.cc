// Picture files: what is read is whole, its texts are the same with and without the pixels, and it
// can be written again. Bytes that begin with 'E' are an EXIF block.

#include "formats/picture.h"
#include "base/check.h"
#include "base/unicode.h"
#include "formats/picture/exif.h"
#include "fuzz_target.h"

namespace {

using namespace diptych;

constexpr PictureLimits kLimits{
    .side_max = 1024, .pixels_max = 1 << 18, .bytes_max = 1 << 20, .text_bytes_max = 1 << 16};

void check_exif(std::string_view bytes) {
  const Exif exif = read_exif(bytes);
  CHECK(exif.orientation >= 1 && exif.orientation <= 8);
  // The longest text: each byte of Latin-1 as two, or each half of UTF-16 as U+FFFD.
  CHECK(exif.user_comment.size() <= 2 * bytes.size() + 3);
  CHECK(is_valid_utf8(exif.description));
}

void check_written_again(const DecodedPicture& decoded) {
  const auto png = encode_picture(decoded.picture, {.compression = 1});
  CHECK(png.has_value());
  const auto again = decode_picture(png->bytes, kLimits);
  CHECK(again.has_value());
  CHECK(again->picture == decoded.picture);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = as_text(data, size);
  if (bytes.starts_with('E')) {
    check_exif(bytes.substr(1));
    return 0;
  }
  const auto decoded = decode_picture(bytes, kLimits);
  if (!decoded) return 0;
  const Picture& picture = decoded->picture;
  CHECK(picture.pixels.size() == static_cast<std::size_t>(picture.height) * picture.row_bytes());
  CHECK(picture.pixels.size() <= 4 * kLimits.pixels_max);
  const auto texts = read_picture_texts(bytes, kLimits);
  CHECK(texts.has_value() && *texts == decoded->texts);
  check_written_again(*decoded);
  return 0;
}
