#include "grammar/text/utf8_text.h"

#include <array>

#include "base/unicode.h"

namespace diptych::grammar {

std::optional<std::u32string> decode_utf8(std::string_view bytes) {
  constexpr std::array<unsigned, 5> kLeadBits = {0, 0x7F, 0x1F, 0x0F, 0x07};
  std::u32string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const Utf8Step step = read_utf8(bytes);
    if (step.kind != Utf8Kind::kValid) return std::nullopt;
    char32_t code_point = static_cast<unsigned char>(bytes[0]) & kLeadBits[step.length];
    for (std::size_t i = 1; i < step.length; ++i) {
      code_point = code_point << 6U | (static_cast<unsigned char>(bytes[i]) & 0x3FU);
    }
    text += code_point;
    bytes.remove_prefix(step.length);
  }
  return text;
}

}  // namespace diptych::grammar
