#pragma once
#include <optional>
#include <string_view>

namespace diptych {

inline constexpr std::string_view kPngSignature = "\x89PNG\r\n\x1A\n";

struct PngChunk {
  std::string_view type, data;
};
// Takes a chunk off the front; nothing at the end of the bytes, or where they are cut off.
// Checksums are not looked at.
std::optional<PngChunk> next_png_chunk(std::string_view& rest);

}  // namespace diptych
