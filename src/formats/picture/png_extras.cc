// The parts of a PNG file beside its pixels, read without libpng: PNG specification (third
// edition), sections 5.3 and 11.3.

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "formats/picture/codec.h"
#include "formats/picture/exif.h"
#include "formats/picture/png_chunks.h"
#include "formats/picture/utf16.h"

namespace diptych {
namespace {

constexpr std::size_t kProfileBytesMax = std::size_t{4} << 20;

// Nothing when the stream is broken. What is longer than bytes_max stops soon after: too long for
// whoever counts.
std::optional<std::string> inflate_text(std::string_view packed, std::size_t bytes_max) {
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) return std::nullopt;
  // zlib's interface takes a pointer to non-const and does not write there.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string out;
  int status = Z_OK;
  while (status == Z_OK && out.size() <= bytes_max) {
    char block[16384];
    stream.next_out = reinterpret_cast<Bytef*>(block);
    stream.avail_out = sizeof block;
    status = inflate(&stream, Z_NO_FLUSH);
    out.append(block, sizeof block - stream.avail_out);
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END && out.size() <= bytes_max) return std::nullopt;
  return out;
}

// Takes what is before the next zero byte off the front.
std::optional<std::string_view> take_word(std::string_view& data) {
  const std::size_t end = data.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view word = data.substr(0, end);
  data.remove_prefix(end + 1);
  return word;
}

std::optional<PictureText> read_plain_text(std::string_view data) {
  const auto keyword = take_word(data);
  if (!keyword) return std::nullopt;
  return PictureText{latin1_to_utf8(*keyword), latin1_to_utf8(data)};
}

std::optional<PictureText> read_packed_text(std::string_view data, std::size_t bytes_max) {
  const auto keyword = take_word(data);
  if (!keyword || !data.starts_with('\0')) return std::nullopt;  // method 0: deflate
  const auto text = inflate_text(data.substr(1), bytes_max);
  if (!text) return std::nullopt;
  return PictureText{latin1_to_utf8(*keyword), latin1_to_utf8(*text)};
}

std::optional<PictureText> read_international_text(std::string_view data, std::size_t bytes_max) {
  const auto keyword = take_word(data);
  if (!keyword || data.size() < 2) return std::nullopt;
  const bool packed = data[0] != '\0';
  data.remove_prefix(2);
  if (!take_word(data) || !take_word(data)) return std::nullopt;  // language, translated keyword
  const auto text = packed ? inflate_text(data, bytes_max) : std::string(data);
  if (!text) return std::nullopt;
  return PictureText{latin1_to_utf8(*keyword), *text};
}

bool is_text(const PngChunk& chunk) {
  return chunk.type == "tEXt" || chunk.type == "zTXt" || chunk.type == "iTXt";
}

std::optional<PictureText> read_text(const PngChunk& chunk, std::size_t bytes_max) {
  if (chunk.type == "tEXt") return read_plain_text(chunk.data);
  if (chunk.type == "zTXt") return read_packed_text(chunk.data, bytes_max);
  return read_international_text(chunk.data, bytes_max);
}

bool has_foreign_profile(std::string_view data) {
  if (!take_word(data) || !data.starts_with('\0')) return false;
  const auto profile = inflate_text(data.substr(1), kProfileBytesMax);
  return profile && !is_srgb_profile(*profile);
}

}  // namespace

std::optional<PngChunk> next_png_chunk(std::string_view& rest) {
  constexpr std::size_t kAround = 12;  // length, type, checksum
  if (rest.size() < kAround) return std::nullopt;
  std::uint32_t length = 0;
  for (std::size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<unsigned char>(rest[i]);
  if (length > rest.size() - kAround) return std::nullopt;
  const PngChunk chunk{rest.substr(4, 4), rest.substr(8, length)};
  rest.remove_prefix(kAround + length);
  return chunk;
}

Result<PictureExtras> read_png_extras(std::string_view bytes, const PictureLimits& limits) {
  PictureExtras extras;
  std::string_view rest = bytes.substr(std::min(bytes.size(), kPngSignature.size()));
  Exif exif;
  bool profile_seen = false;
  while (const auto chunk = next_png_chunk(rest)) {
    if (chunk->type == "IEND") break;
    if (chunk->type == "eXIf") exif = read_exif(chunk->data);
    if (chunk->type == "iCCP" && !std::exchange(profile_seen, true)) {
      extras.has_colour_profile = has_foreign_profile(chunk->data);
    }
    if (!is_text(*chunk)) continue;
    auto text = read_text(*chunk, limits.text_bytes_max);
    if (!text) break;
    TRY_STATUS(add_text(extras, std::move(*text), limits));
  }
  extras.orientation = exif.orientation;
  if (!exif.user_comment.empty()) {
    TRY_STATUS(add_text(extras, {std::string(kParametersKeyword), exif.user_comment}, limits));
  }
  return extras;
}

}  // namespace diptych
