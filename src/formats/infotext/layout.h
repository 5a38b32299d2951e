#pragma once
// The marks of the layout, shared by infotext's writer and parser.

#include <string_view>

namespace diptych {

inline constexpr std::string_view kNegativeMark = "Negative prompt:";
inline constexpr std::string_view kTemplateMark = "Template:";
inline constexpr std::string_view kNegativeTemplateMark = "Negative template:";
inline constexpr std::string_view kFirstParameter = "Steps: ";

}  // namespace diptych
