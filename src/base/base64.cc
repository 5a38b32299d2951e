#include "base/base64.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>

namespace diptych {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNotInAlphabet = 0xFF;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNotInAlphabet);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}
constexpr std::array<std::uint8_t, 256> kValues = make_values();

std::uint32_t byte_at(std::string_view bytes, std::size_t index) {
  return static_cast<unsigned char>(bytes[index]);
}

std::unexpected<Error> bad(std::size_t offset, std::string_view what) {
  return fail(ErrorCode::kInvalidArgument, fmt::format("base64: {} at byte {}", what, offset));
}

// How many of the text's last characters are padding. The text's length is a multiple of four.
std::size_t padding_of(std::string_view text) {
  if (text.ends_with("==")) return 2;
  return text.ends_with('=') ? 1 : 0;
}

}  // namespace

std::string base64_encode(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  const auto push = [&text](std::uint32_t sextet) { text.push_back(kAlphabet[sextet & 63]); };
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t group =
        byte_at(bytes, i) << 16 | byte_at(bytes, i + 1) << 8 | byte_at(bytes, i + 2);
    push(group >> 18);
    push(group >> 12);
    push(group >> 6);
    push(group);
  }
  const std::size_t rest = bytes.size() - i;
  if (rest == 0) return text;
  const std::uint32_t group =
      byte_at(bytes, i) << 16 | (rest == 2 ? byte_at(bytes, i + 1) << 8 : 0);
  push(group >> 18);
  push(group >> 12);
  if (rest == 2) push(group >> 6);
  text.append(3 - rest, '=');
  return text;
}

Result<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return bad(text.size(), "the length is not a multiple of 4, ends");
  const std::size_t padding = padding_of(text);
  const std::string_view symbols = text.substr(0, text.size() - padding);
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  int bits = 0;  // of `group` that are not yet written
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    const std::uint8_t value = kValues[byte_at(symbols, i)];
    if (value == kNotInAlphabet) return bad(i, "a character outside the alphabet");
    group = (group << 6 | value) & 0xFFFFFF;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<char>(group >> bits & 0xFF));
  }
  // Left-over bits must be zero, or two texts would mean the same bytes.
  if ((group & ((1U << bits) - 1)) != 0) return bad(symbols.size() - 1, "stray bits");
  return bytes;
}

}  // namespace diptych
