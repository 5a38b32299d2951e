#pragma once
// Named pieces of prompts that a request adds to its own.

#include <span>
#include <string>
#include <string_view>

namespace diptych {

struct PromptStyle {
  std::string name;
  std::string prompt, negative_prompt;
  std::string wildcards;  // "hair=red,black;dress=blue,green"; see choices.h
};

enum class StyleJoin {
  kComma,      // always ", " (A1111)
  kTidyComma,  // a blank where the prompt already ends in a comma (SD.Next)
};

// Replaces every {prompt} of the style by the prompt, or else joins the two, skipping empty parts.
std::string apply_style(std::string_view style, std::string_view prompt, StyleJoin join);

}  // namespace diptych
