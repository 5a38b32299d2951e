#include "base/unicode.h"

#include <algorithm>

namespace diptych {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

unsigned char byte_at(std::string_view bytes, std::size_t index) {
  return static_cast<unsigned char>(bytes[index]);
}

// What may follow a lead byte (Unicode 15, table 3-7): only the second byte's range varies.
struct Lead {
  std::size_t length = 0;  // 0: no lead byte
  unsigned char second_min = 0x80, second_max = 0xBF;
};

Lead lead_of(unsigned char byte) {
  if (byte < 0x80) return {.length = 1};
  if (byte < 0xC2) return {};
  if (byte < 0xE0) return {.length = 2};
  if (byte == 0xE0) return {.length = 3, .second_min = 0xA0};
  if (byte == 0xED) return {.length = 3, .second_max = 0x9F};  // surrogates
  if (byte < 0xF0) return {.length = 3};
  if (byte == 0xF0) return {.length = 4, .second_min = 0x90};
  if (byte < 0xF4) return {.length = 4};
  if (byte == 0xF4) return {.length = 4, .second_max = 0x8F};  // above U+10FFFF
  return {};
}

bool is_continuation(unsigned char byte) { return (byte & 0xC0) == 0x80; }

}  // namespace

Utf8Step read_utf8(std::string_view bytes) {
  const Lead lead = lead_of(byte_at(bytes, 0));
  if (lead.length == 0) return {Utf8Kind::kInvalid, 1};
  for (std::size_t i = 1; i < lead.length; ++i) {
    if (i == bytes.size()) return {Utf8Kind::kIncomplete, i};
    const unsigned char byte = byte_at(bytes, i);
    const bool fits =
        i == 1 ? byte >= lead.second_min && byte <= lead.second_max : is_continuation(byte);
    if (!fits) return {Utf8Kind::kInvalid, i};
  }
  return {Utf8Kind::kValid, lead.length};
}

bool is_valid_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const Utf8Step step = read_utf8(bytes);
    if (step.kind != Utf8Kind::kValid) return false;
    bytes.remove_prefix(step.length);
  }
  return true;
}

std::size_t complete_utf8_prefix(std::string_view bytes) {
  // An incomplete character is at most three bytes: its lead is the last byte that is no
  // continuation.
  const std::size_t look_back = std::min<std::size_t>(3, bytes.size());
  for (std::size_t back = 1; back <= look_back; ++back) {
    const std::size_t start = bytes.size() - back;
    if (is_continuation(byte_at(bytes, start))) continue;
    const bool incomplete = read_utf8(bytes.substr(start)).kind == Utf8Kind::kIncomplete;
    return incomplete ? start : bytes.size();
  }
  return bytes.size();
}

std::string replace_invalid_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const Utf8Step step = read_utf8(bytes);
    text += step.kind == Utf8Kind::kValid ? bytes.substr(0, step.length) : kReplacement;
    bytes.remove_prefix(step.length);
  }
  return text;
}

std::size_t count_code_points(std::string_view valid_utf8) {
  return static_cast<std::size_t>(std::ranges::count_if(
      valid_utf8, [](char c) { return !is_continuation(static_cast<unsigned char>(c)); }));
}

}  // namespace diptych
