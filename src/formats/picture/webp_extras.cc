// The parts of a WebP file beside its pixels, read and written without libwebp.

#include <algorithm>
#include <utility>

#include "formats/picture/codec.h"
#include "formats/picture/exif.h"
#include "formats/picture/riff.h"

namespace diptych {

std::optional<RiffChunk> next_riff_chunk(std::string_view& rest) {
  constexpr std::size_t kHeader = 8;
  if (rest.size() < kHeader) return std::nullopt;
  std::uint32_t size = 0;
  for (std::size_t i = 0; i < 4; ++i) size = size << 8 | static_cast<unsigned char>(rest[7 - i]);
  if (size > rest.size() - kHeader) return std::nullopt;
  const RiffChunk chunk{rest.substr(0, 4), rest.substr(kHeader, size)};
  rest.remove_prefix(std::min(rest.size(), kHeader + size + (size & 1)));  // padded to even
  return chunk;
}

void append_little_endian(std::string& out, std::uint32_t value, int size) {
  for (int i = 0; i < size; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

void append_riff_chunk(std::string& out, std::string_view type, std::string_view data) {
  out += type;
  append_little_endian(out, static_cast<std::uint32_t>(data.size()), 4);
  out += data;
  if (data.size() % 2 != 0) out += '\0';
}

Result<PictureExtras> read_webp_extras(std::string_view bytes, const PictureLimits& limits) {
  PictureExtras extras;
  Exif exif;
  std::string_view rest = bytes.substr(std::min(kRiffHeader, bytes.size()));
  while (const auto chunk = next_riff_chunk(rest)) {
    if (chunk->type == "EXIF") exif = read_exif(chunk->data);
    if (chunk->type == "ICCP") extras.has_colour_profile = !is_srgb_profile(chunk->data);
    if (chunk->type != kRiffTextChunk) continue;
    const std::size_t end = std::min(chunk->data.find('\0'), chunk->data.size());
    TRY_STATUS(add_text(extras,
                        {std::string(chunk->data.substr(0, end)),
                         std::string(chunk->data.substr(std::min(end + 1, chunk->data.size())))},
                        limits));
  }
  extras.orientation = exif.orientation;
  if (!exif.user_comment.empty()) {
    TRY_STATUS(add_text(extras, {std::string(kParametersKeyword), exif.user_comment}, limits));
  }
  if (!exif.description.empty()) {
    TRY_STATUS(add_text(extras, {"description", exif.description}, limits));
  }
  return extras;
}

}  // namespace diptych
