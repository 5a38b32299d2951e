#pragma once
// Inputs given as text or as token ids: `prompt` of completions, `input` of embeddings.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/field.h"
#include "text/model.h"

namespace diptych::openai {

using PromptInput = std::variant<std::string, std::vector<std::int64_t>>;

// A string, an array of strings, an array of token ids, or an array of such arrays; not empty.
// Fills a std::vector<PromptInput>.
Status parse_inputs(const Json& value, const FieldSite& site, std::size_t count_max);

struct InputTokens {
  std::vector<TokenId> tokens;
  std::string text;  // as given, or what the token ids say
};
// `path` names input number `index` in errors. Control tokens spelled in a text are control tokens
// here: these endpoints take prompts as they are.
Result<InputTokens> tokenize_input(const PromptInput& input, const TextModel& model,
                                   std::string_view path);

}  // namespace diptych::openai
