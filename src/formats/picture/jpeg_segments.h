#pragma once
// The marker segments of a JPEG file: ITU-T T.81, annex B.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace diptych {

inline constexpr std::uint8_t kJpegApp1 = 0xE1;  // Exif
inline constexpr std::uint8_t kJpegApp2 = 0xE2;  // colour profile
inline constexpr std::uint8_t kJpegComment = 0xFE;
inline constexpr std::size_t kJpegSegmentBytesMax = 65'533;  // of the content

struct JpegSegment {
  std::uint8_t marker = 0;
  std::string_view data;
};
// Takes a segment off the front (which begins after the start of the file, ff d8); nothing at the
// first scan, or where the bytes are broken or cut off.
std::optional<JpegSegment> next_jpeg_segment(std::string_view& rest);

// A text that no other place has room for, as comments: each begins with kJpegTextPrefix, the
// keyword and a zero byte, and goes on with a part of the text.
inline constexpr std::string_view kJpegTextPrefix = "Diptych text ";

}  // namespace diptych
