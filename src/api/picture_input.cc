#include "api/picture_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/base64.h"
#include "jobs/job_store.h"

namespace diptych {
namespace {

constexpr std::size_t kMediaTypeMax = 128;  // "data:image/svg+xml;charset=utf-8;base64"

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

std::unexpected<Error> bad_picture(std::string_view path, std::string message,
                                   std::string_view detail) {
  return fail(ErrorCode::kInvalidArgument,
              path.empty() ? std::move(message) : fmt::format("Invalid '{}': {}", path, message),
              std::string(path), std::string(detail));
}

std::unexpected<Error> too_large(std::string_view path, std::size_t bytes_max) {
  return bad_picture(path, fmt::format("the file is larger than {} bytes.", bytes_max),
                     "image_too_large");
}

// data:[media type][;base64],… → what stands behind the comma.
Result<std::string_view> payload_of(std::string_view text, std::string_view path) {
  if (text.starts_with("http://") || text.starts_with("https://"))
    return bad_picture(path,
                       "this server fetches no pictures from other servers; send the picture "
                       "itself as a data URL, Base64 or a file.",
                       "invalid_image_url");
  if (!text.starts_with("data:")) {
    // "s3://", "file://": a colon is no character of Base64.
    if (text.substr(0, kMediaTypeMax).find("://") != std::string_view::npos)
      return bad_picture(path, "only data URLs are read.", "invalid_image_url");
    return text;
  }
  const std::size_t comma = text.substr(0, kMediaTypeMax).find(',');
  if (comma == std::string_view::npos)
    return bad_picture(path, "a data URL needs a comma before its data.", "invalid_image_url");
  if (!text.substr(0, comma).ends_with(";base64"))
    return bad_picture(path, "a data URL must say ';base64' before its comma.",
                       "invalid_image_url");
  return text.substr(comma + 1);
}

std::string_view detail_of(const Error& error) {
  if (!error.detail.empty()) return error.detail;
  return error.code == ErrorCode::kUnsupported ? "unsupported_image_media_type"
                                               : "image_parse_error";
}

}  // namespace

Result<std::string> decode_base64_input(std::string_view text, std::string_view path,
                                        std::size_t bytes_max) {
  // Before anything is copied; a line break after every 76 characters is allowed for.
  if (text.size() / 4 > bytes_max / 3 + bytes_max / 57 + 4) return too_large(path, bytes_max);
  std::string compact;
  if (std::ranges::any_of(text, is_blank)) {
    compact = text;
    std::erase_if(compact, is_blank);
    text = compact;
  }
  if (text.size() / 4 * 3 > bytes_max + 2) return too_large(path, bytes_max);
  auto bytes = base64_decode(text);
  if (!bytes) return bad_picture(path, bytes.error().message, "invalid_base64");
  if (bytes->size() > bytes_max) return too_large(path, bytes_max);
  return bytes;
}

Result<PictureInput> read_picture(std::string bytes, std::string_view path, const ApiLimits& limits,
                                  Warnings& warnings) {
  if (bytes.empty()) return bad_picture(path, "the file is empty.", "empty_image_file");
  if (bytes.size() > limits.picture_bytes_max) return too_large(path, limits.picture_bytes_max);
  if (!detect_picture_format(bytes))
    return bad_picture(path, "neither PNG, JPEG nor WebP.", "invalid_image_format");
  auto decoded = decode_picture(
      bytes, {.pixels_max = limits.picture_pixels_max, .bytes_max = limits.picture_bytes_max});
  if (!decoded) return bad_picture(path, decoded.error().message, detail_of(decoded.error()));
  for (Warning& warning : decoded->warnings)
    warnings.push_back({std::string(path), std::move(warning.message)});
  decoded->warnings.clear();
  return PictureInput{std::move(bytes), std::move(*decoded)};
}

Result<PictureInput> read_picture_text(std::string_view text, std::string_view path,
                                       const ApiLimits& limits, Warnings& warnings) {
  TRY(const std::string_view payload, payload_of(text, path));
  TRY(std::string bytes, decode_base64_input(payload, path, limits.picture_bytes_max));
  return read_picture(std::move(bytes), path, limits, warnings);
}

Result<std::string> keep_picture(const PictureInput& picture, PictureServices& pictures) {
  return pictures.blobs.put(picture.bytes);
}

Result<std::string> keep_picture(const Picture& picture, PictureServices& pictures) {
  TRY(const EncodedPicture file, encode_picture(picture, {.format = PictureFormat::kPng}));
  return pictures.blobs.put(file.bytes);
}

}  // namespace diptych
