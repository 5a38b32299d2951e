#include "image/prompt/composition.h"

#include <fmt/format.h>

#include <cmath>

#include "image/prompt/characters.h"
#include "image/prompt/limits.h"

namespace diptych {
namespace {

ComposedText read_part(std::string_view part) {
  part = trim_right(part);
  const auto colon = part.rfind(':');
  if (colon != std::string_view::npos) {
    if (const auto weight = parse_decimal(trim_left(part.substr(colon + 1)))) {
      return {std::string(trim_right(part.substr(0, colon))), *weight};
    }
  }
  return {std::string(part), 1};
}

}  // namespace

Result<std::vector<ComposedText>> split_composition(std::string_view text, std::string_view param) {
  constexpr std::string_view kAnd = "AND";
  std::vector<ComposedText> parts;
  std::size_t from = 0;
  while (true) {
    const auto at = find_word(text, kAnd, from);
    parts.push_back(read_part(text.substr(from, at ? *at - from : std::string_view::npos)));
    if (std::abs(parts.back().weight) > kPromptWeightMax) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the weight {:g} of a part is beyond {:g}", parts.back().weight,
                              kPromptWeightMax),
                  std::string(param));
    }
    if (!at) return parts;
    from = *at + kAnd.size();
    if (parts.size() == kPromptPartsMax) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("more than {} parts joined by AND", kPromptPartsMax),
                  std::string(param));
    }
  }
}

}  // namespace diptych
