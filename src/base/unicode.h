#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace diptych {

bool is_valid_utf8(std::string_view bytes);

// Length of the longest prefix that ends at a character boundary, given that the bytes are a stream cut anywhere:
// only an incomplete last character is held back. Bytes that can never become valid count as complete.
std::size_t complete_utf8_prefix(std::string_view bytes);

std::string replace_invalid_utf8(std::string_view bytes);  // every maximal invalid subpart becomes U+FFFD
std::size_t count_code_points(std::string_view valid_utf8);

}  // namespace diptych
