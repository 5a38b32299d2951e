#include "image/prompt/styles.h"

#include "image/prompt/characters.h"

namespace diptych {

std::string apply_style(std::string_view style, std::string_view prompt, StyleJoin join) {
  constexpr std::string_view kPlace = "{prompt}";
  std::string result;
  if (auto at = style.find(kPlace); at != std::string_view::npos) {
    for (; at != std::string_view::npos; at = style.find(kPlace)) {
      result.append(style.substr(0, at)).append(prompt);
      style.remove_prefix(at + kPlace.size());
    }
    return result.append(style);
  }
  prompt = trim(prompt);
  style = trim(style);
  result = prompt;
  if (!prompt.empty() && !style.empty()) {
    result += join == StyleJoin::kTidyComma && prompt.ends_with(',') ? " " : ", ";
  }
  return result.append(style);
}

}  // namespace diptych
