#pragma once
// Prompts that say several things: {red|blue}, __colour__. One is taken, by the seed.
//
//   {a|b|c}                 one of them; they nest, and may be empty
//   {a:0.6|b:0.4|c}         weights from 0 to 1; options without one share the rest (SD.Next)
//   {3::a|b}                weights before the text; 1 where missing (Dynamic Prompts)
//   {2$$a|b|c}              two different ones, joined by ", "
//   {1-2$$ and $$a|b|c}     one or two, joined by " and "
//   __name__, __dir/name__  one of the lines that find_wildcard knows
//
// Braces without '|' or '$$' are text, and so is a prompt that is one JSON object.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace diptych {

// The lines of a wildcard; nothing if there is none of this name. Empty lines and lines that begin
// with '#' are skipped by the caller; a line may itself hold options (a|b), choices and wildcards.
using FindWildcard = std::function<std::optional<std::vector<std::string>>(std::string_view name)>;

struct ChoiceOptions {
  std::uint64_t seed = 0;      // of the picture: the same seed makes the same choices
  std::uint32_t stream = 0;    // tells the prompt's draws from the negative prompt's
  FindWildcard find_wildcard;  // empty: no wildcards
  std::span<const std::string> local_words = {};  // PromptStyle::wildcards, replaced first
  std::string_view param = "prompt";
};

struct MadeChoice {
  std::string source;  // "{red|blue}", "__colour__"
  std::string text;    // what stands in its place
};

struct ChosenPrompt {
  std::string text;
  std::vector<MadeChoice>
      choices;        // in the order of the text; a choice comes after those inside it
  Warnings warnings;  // unknown wildcards; they stay in the text
};

// Errors (kInvalidArgument): the result is larger than a prompt may be, too many choices, too deep.
Result<ChosenPrompt> make_choices(std::string_view text, const ChoiceOptions& options);

}  // namespace diptych
