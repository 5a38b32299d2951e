#pragma once
// A client's frames, for tests.

#include <cstddef>
#include <string>
#include <string_view>

namespace diptych::testing {

inline std::string client_frame(int op, std::string_view payload, bool last = true) {
  constexpr std::string_view kMask = "\x12\x34\x56\x78";
  std::string out(1, static_cast<char>((last ? 0x80 : 0) | op));
  const auto push = [&out](std::size_t value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
      out += static_cast<char>(value >> shift & 0xFF);
  };
  if (payload.size() < 126) {
    push(0x80 | payload.size(), 1);
  } else if (payload.size() <= 0xFFFF) {
    push(0x80 | 126, 1);
    push(payload.size(), 2);
  } else {
    push(0x80 | 127, 1);
    push(payload.size(), 8);
  }
  out += kMask;
  for (std::size_t i = 0; i < payload.size(); ++i)
    out += static_cast<char>(payload[i] ^ kMask[i % 4]);
  return out;
}

}  // namespace diptych::testing
