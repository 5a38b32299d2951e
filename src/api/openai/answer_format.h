#pragma once
// What the answer's text must match: response_format of chat, text.format of responses, and the
// extras of llama-server and vLLM users.

#include <optional>
#include <span>
#include <string>

#include "api/field.h"
#include "grammar/constraint.h"
#include "text/generation.h"
#include "text/model.h"

namespace diptych::openai {

struct AnswerFormat {
  std::optional<grammar::GrammarSource> source;  // none: any text
  bool strict = false;                           // OpenAI's subset of JSON Schema, in its words
  bool close_within_limit = false;               // near max_tokens the answer is brought to its end
  std::string param;                             // what asked for it
  std::string schema_param;                      // where the schema stands, for errors inside it
};

// {"type": "text" | "json_object" | "json_schema", …}; into AnswerFormat. Chat nests the schema's
// members under "json_schema", responses has them beside "type".
Status parse_nested_format(const Json& value, const FieldSite& site);
Status parse_flat_format(const Json& value, const FieldSite& site);

// grammar (GBNF), json_schema, guided_json, guided_regex, guided_choice, guided_grammar,
// structured_outputs; fill AnswerFormat. One at most may be given.
std::span<const Field> format_rows();

// Compiles for the model, or finds what was compiled lately. 400: the schema or grammar cannot be
// enforced, with its keyword and place; or it does not go with another field.
Status apply_format(const AnswerFormat& format, TextModel& model, GenerationRequest& generation,
                    Warnings& warnings);

}  // namespace diptych::openai
