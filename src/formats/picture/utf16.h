#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace diptych {

enum class ByteOrder : std::uint8_t { kBig, kLittle };

// Unpaired surrogates become U+FFFD, as does an odd last byte.
std::string utf16_to_utf8(std::string_view bytes, ByteOrder order);
std::string utf8_to_utf16(std::string_view utf8, ByteOrder order);  // invalid UTF-8: U+FFFD

void append_utf8(std::string& out, char32_t code_point);
std::string latin1_to_utf8(std::string_view bytes);
bool fits_latin1(std::string_view utf8);
std::string utf8_to_latin1(std::string_view utf8);  // of text that fits

}  // namespace diptych
