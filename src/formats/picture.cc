#include "formats/picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "formats/picture/codec.h"
#include "formats/picture/orientation.h"
#include "formats/picture/png_chunks.h"
#include "formats/picture/utf16.h"

namespace diptych {
namespace {

constexpr std::size_t kTextsMax = 1000;

struct FormatRow {
  PictureFormat format;
  std::string_view name, other_name, mime_type;
  bool (*begins)(std::string_view bytes);
  Result<DecodedPixels> (*decode)(std::string_view bytes, const PictureLimits& limits);
  Result<PictureExtras> (*read_extras)(std::string_view bytes, const PictureLimits& limits);
  Result<EncodedPicture> (*encode)(const Picture& picture, const PictureEncoding& encoding);
};

bool begins_png(std::string_view bytes) { return bytes.starts_with(kPngSignature); }
bool begins_jpeg(std::string_view bytes) { return bytes.starts_with("\xFF\xD8\xFF"); }
bool begins_webp(std::string_view bytes) {
  return bytes.starts_with("RIFF") &&
         bytes.substr(std::min<std::size_t>(8, bytes.size())).starts_with("WEBP");
}

constexpr std::array kFormats{
    FormatRow{PictureFormat::kPng, "png", "png", "image/png", begins_png, decode_png,
              read_png_extras, encode_png},
    FormatRow{PictureFormat::kJpeg, "jpeg", "jpg", "image/jpeg", begins_jpeg, decode_jpeg,
              read_jpeg_extras, encode_jpeg},
    FormatRow{PictureFormat::kWebp, "webp", "webp", "image/webp", begins_webp, decode_webp,
              read_webp_extras, encode_webp},
};

const FormatRow& row_of(PictureFormat format) {
  return *std::ranges::find(kFormats, format, &FormatRow::format);
}

Result<const FormatRow*> row_for(std::string_view bytes, const PictureLimits& limits) {
  if (bytes.size() > limits.bytes_max) {
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("the picture file has {} bytes, more than {}", bytes.size(), limits.bytes_max));
  }
  for (const FormatRow& row : kFormats) {
    if (row.begins(bytes)) return &row;
  }
  return fail(ErrorCode::kInvalidArgument, "not a picture file: neither PNG, JPEG nor WebP");
}

bool is_keyword(std::string_view keyword) {
  const auto printable = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte <= 0x7E) || byte >= 0xA1;
  };
  return fits_latin1(keyword) && !keyword.empty() && keyword.size() <= 79 &&
         std::ranges::all_of(utf8_to_latin1(keyword), printable);
}

Status check_texts(const PictureTexts& texts) {
  for (const PictureText& text : texts) {
    if (!is_keyword(text.keyword)) {
      return fail(
          ErrorCode::kInvalidArgument,
          fmt::format("'{}' is no keyword: 1 to 79 printable Latin-1 characters", text.keyword));
    }
    if (text.text.find('\0') != std::string::npos) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the text '{}' contains a zero byte", text.keyword));
    }
  }
  return {};
}

}  // namespace

std::string_view name_of(PictureFormat format) { return row_of(format).name; }
std::string_view mime_type_of(PictureFormat format) { return row_of(format).mime_type; }

std::optional<PictureFormat> find_picture_format(std::string_view name) {
  for (const FormatRow& row : kFormats) {
    if (name == row.name || name == row.other_name) return row.format;
  }
  return std::nullopt;
}

std::optional<PictureFormat> detect_picture_format(std::string_view bytes) {
  for (const FormatRow& row : kFormats) {
    if (row.begins(bytes)) return row.format;
  }
  return std::nullopt;
}

const std::string* find_text(const PictureTexts& texts, std::string_view keyword) {
  const auto found = std::ranges::find(texts, keyword, &PictureText::keyword);
  return found == texts.end() ? nullptr : &found->text;
}

Result<DecodedPicture> decode_picture(std::string_view bytes, const PictureLimits& limits) {
  TRY(const FormatRow* row, row_for(bytes, limits));
  TRY(PictureExtras extras, row->read_extras(bytes, limits));
  TRY(DecodedPixels decoded, row->decode(bytes, limits));
  if (extras.has_colour_profile) {
    decoded.warnings.push_back(
        {"", "the picture's colour profile is not applied: its colours are taken as sRGB"});
  }
  return DecodedPicture{make_upright(std::move(decoded.picture), extras.orientation), row->format,
                        std::move(extras.texts), std::move(decoded.warnings)};
}

Result<PictureTexts> read_picture_texts(std::string_view bytes, const PictureLimits& limits) {
  TRY(const FormatRow* row, row_for(bytes, limits));
  TRY(PictureExtras extras, row->read_extras(bytes, limits));
  return std::move(extras.texts);
}

Result<EncodedPicture> encode_picture(const Picture& picture, const PictureEncoding& encoding) {
  CHECK(picture.width > 0 && picture.height > 0);
  CHECK(picture.channels == 1 || picture.channels == 3 || picture.channels == 4);
  CHECK(picture.pixels.size() == static_cast<std::size_t>(picture.height) * picture.row_bytes());
  TRY_STATUS(check_texts(encoding.texts));
  return row_of(encoding.format).encode(picture, encoding);
}

Status check_picture_size(std::uint64_t width, std::uint64_t height, const PictureLimits& limits) {
  const auto side_max = static_cast<std::uint64_t>(limits.side_max);
  if (width == 0 || height == 0) return fail(ErrorCode::kInvalidArgument, "the picture is empty");
  if (width > side_max || height > side_max || width > limits.pixels_max / height) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the picture has {}×{} pixels; at most {} a side and {} in all", width,
                            height, side_max, limits.pixels_max),
                "", "image_too_large");
  }
  return {};
}

std::unexpected<Error> broken_picture(std::string_view format, std::string_view what) {
  return fail(ErrorCode::kInvalidArgument, fmt::format("{}: {}", format, what));
}

Status add_text(PictureExtras& extras, PictureText text, const PictureLimits& limits) {
  extras.text_bytes += text.keyword.size() + text.text.size();
  if (extras.text_bytes > limits.text_bytes_max || extras.texts.size() >= kTextsMax) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the picture has more than {} texts or more than {} bytes of them",
                            kTextsMax, limits.text_bytes_max));
  }
  if (find_text(extras.texts, text.keyword)) return {};
  extras.texts.push_back(std::move(text));
  return {};
}

bool is_srgb_profile(std::string_view icc) {
  using std::string_view_literals::operator""sv;
  return icc.find("sRGB"sv) != std::string_view::npos ||      // description of version 2
         icc.find("s\0R\0G\0B"sv) != std::string_view::npos;  // UTF-16 of version 4
}

}  // namespace diptych
