#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace diptych {

enum class Utf8Kind : std::uint8_t { kValid, kInvalid, kIncomplete };
struct Utf8Step {
  Utf8Kind kind = Utf8Kind::kValid;
  std::size_t length =
      0;  // kInvalid: of the maximal subpart (at least 1); kIncomplete: all of the bytes
};

// What the first character of `bytes` (not empty) is. kIncomplete: more bytes could make it valid.
Utf8Step read_utf8(std::string_view bytes);

bool is_valid_utf8(std::string_view bytes);

// Length of the longest prefix that ends at a character boundary, given that the bytes are a stream
// cut anywhere: only an incomplete last character is held back. Bytes that can never become valid
// count as complete.
std::size_t complete_utf8_prefix(std::string_view bytes);

std::string replace_invalid_utf8(
    std::string_view bytes);  // every maximal invalid subpart becomes U+FFFD
std::size_t count_code_points(std::string_view valid_utf8);

}  // namespace diptych
