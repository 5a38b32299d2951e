#include "api/openai/completion_fields.h"

#include <fmt/format.h>

namespace diptych::openai {
namespace {

constexpr std::size_t kPromptsMax = 128;

constexpr Field kRows[] = {
    {.name = "model",
     .doc = "Id of a model of GET /v1/models.",
     .types = kString,
     .limits = {.length_min = 1, .length_max = 512},
     .required = true,
     .parse = set_member<CompletionBody, &CompletionBody::model>},
    {.name = "prompt",
     .doc = "A text, texts, token ids, or arrays of token ids.",
     .types = kString | kArray,
     .required = true,
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       FieldSite inner = site;
       inner.request = &site.into<CompletionBody>().prompts;
       return parse_inputs(value, inner, kPromptsMax);
     }},
    {.name = "n",
     .doc = "How many answers a prompt.",
     .types = kInteger | kNull,
     .limits = {.min = 1, .max = 128},
     .shown_default = "1",
     .parse = set_member<CompletionBody, &CompletionBody::choice_count>},
    {.name = "best_of",
     .doc = "Compute this many and answer the n likeliest; not with stream.",
     .types = kInteger | kNull,
     .limits = {.min = 0, .max = 20},
     .parse = set_member<CompletionBody, &CompletionBody::best_of>},
    {.name = "max_tokens",
     .doc = "Limit of the answer.",
     .types = kInteger | kNull,
     .limits = {.min = 0},
     .shown_default = "16",
     .parse = set_member<CompletionBody, &CompletionBody::token_count_max>},
    {.name = "echo",
     .doc = "The answer begins with the prompt.",
     .types = kBool | kNull,
     .shown_default = "false",
     .parse = set_member<CompletionBody, &CompletionBody::echo>},
    {.name = "logprobs",
     .doc = "Log probabilities with this many alternatives.",
     .types = kInteger | kNull,
     .limits = {.min = 0, .max = 5},
     .parse = set_member<CompletionBody, &CompletionBody::logprobs>},
    {.name = "stream",
     .doc = "Send the answer piece by piece as server-sent events.",
     .types = kBool | kNull,
     .shown_default = "false",
     .parse = set_member<CompletionBody, &CompletionBody::stream>},
    {.name = "stream_options",
     .types = kObject | kNull,
     .object = &kStreamOptionsSchema,
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       FieldSite inner = site;
       inner.request = &site.into<CompletionBody>().stream_options;
       return parse_stream_options(value, inner);
     }},
    refused_field("suffix", "This model only continues text; it does not fill a gap.", "\"\""),
    refused_field("n_predict", "Use max_tokens.", "-1"),
    refused_field("prompt_logprobs", "Use echo and logprobs.", "0"),
    {.name = "response_format",
     .doc = "text, json_object or json_schema, as for chat.",
     .types = kObject | kNull,
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       FieldSite inner = site;
       inner.request = &site.into<CompletionBody>().format;
       return parse_nested_format(value, inner);
     }},
};

const FieldGroup kGroups[] = {
    {kRows},
    {nucleus_rows(), options_of<CompletionBody>},
    {penalty_rows(), options_of<CompletionBody>},
    {ending_rows(), part_of<CompletionBody, &CompletionBody::sampling>},
    {caller_rows(), part_of<CompletionBody, &CompletionBody::caller>},
    {local_sampler_rows(), options_of<CompletionBody>},
    {local_ending_rows(), part_of<CompletionBody, &CompletionBody::sampling>},
    {format_rows(), part_of<CompletionBody, &CompletionBody::format>},
    {refused_local_rows()},
};

Status check_best_of(CompletionBody& body, int choices_max) {
  if (!body.best_of) return {};
  if (*body.best_of == 0) body.best_of.reset();  // upstream allows 0 and means nothing by it
  if (!body.best_of) return {};
  if (*body.best_of < body.choice_count)
    return invalid_value("best_of",
                         fmt::format("Invalid 'best_of': it must be at least 'n' ({}), but is {}.",
                                     body.choice_count, *body.best_of));
  if (*body.best_of > choices_max)
    return integer_above_max("best_of", choices_max, fmt::format("{}", *body.best_of));
  if (*body.best_of == body.choice_count) body.best_of.reset();
  if (body.best_of && body.stream)
    return invalid_value(
        "best_of", "'best_of' above 'n' cannot be streamed: the best is known only at the end.");
  return {};
}

}  // namespace

const BodySchema kCompletionSchema{"CompletionRequest", "Text to continue.", kGroups};

Result<CompletionBody> parse_completion_body(std::string_view text, int choices_max) {
  CompletionBody body;
  TRY_STATUS(parse_body(kCompletionSchema, text, &body, body.warnings));
  TRY_STATUS(check_stream_options(body.stream_options, body.stream));
  TRY_STATUS(check_choice_count(body.choice_count, choices_max));
  TRY_STATUS(check_best_of(body, choices_max));
  if (body.token_count_max == 0 && body.sampling.token_count_min > 0)
    return invalid_value("min_tokens",
                         "Invalid 'min_tokens': nothing is generated when 'max_tokens' is 0.");
  return body;
}

}  // namespace diptych::openai
