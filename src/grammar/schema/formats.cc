#include <array>

#include "grammar/schema/schema.h"

namespace diptych::grammar {

std::span<const std::string_view> known_formats() {
  static constexpr std::array<std::string_view, 15> kFormats = {
      "date-time", "date",          "time",         "duration",     "email",
      "hostname",  "ipv4",          "ipv6",         "uuid",         "uri",
      "regex",     "uri-reference", "uri-template", "json-pointer", "relative-json-pointer",
  };
  return kFormats;
}

}  // namespace diptych::grammar
