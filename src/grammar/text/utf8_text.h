#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace diptych::grammar {

std::optional<std::u32string> decode_utf8(std::string_view bytes);  // nullopt: not UTF-8

}  // namespace diptych::grammar
