// The parts of a JPEG file beside its pixels, read without libjpeg.

#include <algorithm>
#include <utility>

#include "base/unicode.h"
#include "formats/picture/codec.h"
#include "formats/picture/exif.h"
#include "formats/picture/jpeg_segments.h"
#include "formats/picture/utf16.h"

namespace diptych {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kExifPrefix = "Exif\0\0"sv;
constexpr std::string_view kProfilePrefix = "ICC_PROFILE\0"sv;
constexpr std::size_t kProfileHeader = 14;  // the prefix, number of this part, number of parts

// Markers without a length: restarts and TEM.
bool is_bare(std::uint8_t marker) { return marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8); }
bool ends_walk(std::uint8_t marker) {
  return marker == 0xDA || marker == 0xD9;
}  // scan, end of image

// Parts of one text follow each other in the file. A foreign comment is a text of its own.
void add_comment(PictureTexts& texts, std::string_view data) {
  if (!data.starts_with(kJpegTextPrefix)) {
    texts.push_back({"comment", is_valid_utf8(data) ? std::string(data) : latin1_to_utf8(data)});
    return;
  }
  data.remove_prefix(kJpegTextPrefix.size());
  const std::size_t end = std::min(data.find('\0'), data.size());
  const std::string_view keyword = data.substr(0, end),
                         part = data.substr(std::min(end + 1, data.size()));
  if (!texts.empty() && texts.back().keyword == keyword) {
    texts.back().text += part;
  } else {
    texts.push_back({std::string(keyword), std::string(part)});
  }
}

}  // namespace

std::optional<JpegSegment> next_jpeg_segment(std::string_view& rest) {
  while (rest.size() >= 2 && rest[0] == '\xFF') {
    const auto marker = static_cast<std::uint8_t>(rest[1]);
    if (marker == 0xFF) {  // fill
      rest.remove_prefix(1);
      continue;
    }
    if (is_bare(marker)) {
      rest.remove_prefix(2);
      continue;
    }
    if (ends_walk(marker) || rest.size() < 4) return std::nullopt;
    const std::size_t length = static_cast<std::size_t>(static_cast<unsigned char>(rest[2])) << 8 |
                               static_cast<unsigned char>(rest[3]);
    if (length < 2 || length > rest.size() - 2) return std::nullopt;
    const JpegSegment segment{marker, rest.substr(4, length - 2)};
    rest.remove_prefix(2 + length);
    return segment;
  }
  return std::nullopt;
}

Result<PictureExtras> read_jpeg_extras(std::string_view bytes, const PictureLimits& limits) {
  PictureExtras extras;
  PictureTexts comments;
  Exif exif;
  std::string profile;
  std::string_view rest = bytes.substr(std::min<std::size_t>(2, bytes.size()));
  while (const auto segment = next_jpeg_segment(rest)) {
    const std::string_view data = segment->data;
    if (segment->marker == kJpegApp1 && data.starts_with(kExifPrefix)) exif = read_exif(data);
    if (segment->marker == kJpegComment) add_comment(comments, data);
    if (segment->marker == kJpegApp2 && data.starts_with(kProfilePrefix)) {
      profile += data.substr(std::min(kProfileHeader, data.size()));
    }
  }
  extras.orientation = exif.orientation;
  extras.has_colour_profile = !profile.empty() && !is_srgb_profile(profile);
  for (PictureText& comment : comments) TRY_STATUS(add_text(extras, std::move(comment), limits));
  if (!exif.user_comment.empty()) {
    TRY_STATUS(add_text(extras, {std::string(kParametersKeyword), exif.user_comment}, limits));
  }
  if (!exif.description.empty()) {
    TRY_STATUS(add_text(extras, {"description", exif.description}, limits));
  }
  return extras;
}

}  // namespace diptych
