#pragma once
// Values that several rows of picture_fields.cc and picture_source_fields.cc read alike.

#include <cstddef>
#include <string>

#include "api/field.h"
#include "api/picture_fields.h"

namespace diptych {

inline constexpr std::size_t kPicturePromptMax = 32'000;  // characters
inline constexpr Limits kPictureSide{.min = kPictureSideMin, .max = kPictureSideMax};

// Names that a registry knows; the error lists or suggests some. Empty: as if not given.
Status parse_sampler_into(std::string& to, const Json& value, const FieldSite& site);
Status parse_schedule_into(std::string& to, const Json& value, const FieldSite& site);

// An error of a registry in the words of a field.
Status unknown_name(const Error& error, std::string_view path);

}  // namespace diptych
