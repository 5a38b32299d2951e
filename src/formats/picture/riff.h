#pragma once
// The chunks of a WebP file: RFC 9649, section 2.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace diptych {

inline constexpr std::size_t kRiffHeader = 12;  // "RIFF", size, "WEBP"

struct RiffChunk {
  std::string_view type, data;
};
// Takes a chunk off the front (which begins after the header); nothing at the end, or where the
// bytes are cut off.
std::optional<RiffChunk> next_riff_chunk(std::string_view& rest);
void append_riff_chunk(std::string& out, std::string_view type, std::string_view data);
void append_little_endian(std::string& out, std::uint32_t value, int size);

// A chunk of our own, for texts other than the parameters: keyword, zero byte, UTF-8. Readers pass
// over chunks they do not know.
inline constexpr std::string_view kRiffTextChunk = "dTXT";

}  // namespace diptych
