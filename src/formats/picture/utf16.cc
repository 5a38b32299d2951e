#include "formats/picture/utf16.h"

#include "base/unicode.h"

namespace diptych {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

bool is_high(char32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low(char32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

char32_t unit_at(std::string_view bytes, std::size_t at, ByteOrder order) {
  const auto first = static_cast<unsigned char>(bytes[at]);
  const auto second = static_cast<unsigned char>(bytes[at + 1]);
  const int value = order == ByteOrder::kBig ? first << 8 | second : second << 8 | first;
  return static_cast<char32_t>(value);
}

void append_unit(std::string& out, char32_t unit, ByteOrder order) {
  const char high = static_cast<char>(unit >> 8), low = static_cast<char>(unit & 0xFF);
  out += order == ByteOrder::kBig ? high : low;
  out += order == ByteOrder::kBig ? low : high;
}

// Takes the first character off valid UTF-8.
char32_t take_code_point(std::string_view& text) {
  const std::size_t length = read_utf8(text).length;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  char32_t code_point = length == 1 ? byte(0) : byte(0) & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) code_point = code_point << 6 | (byte(i) & 0x3Fu);
  text.remove_prefix(length);
  return code_point;
}

}  // namespace

void append_utf8(std::string& out, char32_t code_point) {
  const auto tail = [&](int shift) {
    out += static_cast<char>(0x80 | (code_point >> shift & 0x3F));
  };
  if (code_point < 0x80) {
    out += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    out += static_cast<char>(0xC0 | code_point >> 6);
    tail(0);
  } else if (code_point < 0x10000) {
    out += static_cast<char>(0xE0 | code_point >> 12);
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | code_point >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

std::string utf16_to_utf8(std::string_view bytes, ByteOrder order) {
  std::string out;
  std::size_t at = 0;
  while (at + 2 <= bytes.size()) {
    char32_t code_point = unit_at(bytes, at, order);
    at += 2;
    if (is_high(code_point) && at + 2 <= bytes.size() && is_low(unit_at(bytes, at, order))) {
      code_point = 0x10000 + ((code_point - 0xD800) << 10) + (unit_at(bytes, at, order) - 0xDC00);
      at += 2;
    } else if (is_high(code_point) || is_low(code_point)) {
      code_point = kReplacement;
    }
    append_utf8(out, code_point);
  }
  if (at < bytes.size()) append_utf8(out, kReplacement);
  return out;
}

std::string utf8_to_utf16(std::string_view utf8, ByteOrder order) {
  const std::string valid = replace_invalid_utf8(utf8);
  std::string out;
  for (std::string_view rest = valid; !rest.empty();) {
    const char32_t code_point = take_code_point(rest);
    if (code_point < 0x10000) {
      append_unit(out, code_point, order);
    } else {
      append_unit(out, 0xD800 + ((code_point - 0x10000) >> 10), order);
      append_unit(out, 0xDC00 + ((code_point - 0x10000) & 0x3FF), order);
    }
  }
  return out;
}

std::string latin1_to_utf8(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) append_utf8(out, static_cast<unsigned char>(c));
  return out;
}

bool fits_latin1(std::string_view utf8) {
  if (!is_valid_utf8(utf8)) return false;
  for (std::string_view rest = utf8; !rest.empty();) {
    if (take_code_point(rest) > 0xFF) return false;
  }
  return true;
}

std::string utf8_to_latin1(std::string_view utf8) {
  std::string out;
  for (std::string_view rest = utf8; !rest.empty();) {
    out += static_cast<char>(take_code_point(rest));
  }
  return out;
}

}  // namespace diptych
