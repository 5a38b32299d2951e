#include "api/openai/embeddings.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <string>
#include <vector>

#include "api/openai/prompt.h"
#include "api/openai/prompt_inputs.h"
#include "base/base64.h"

namespace diptych::openai {
namespace {

using std::string_view;

constexpr std::size_t kInputsMax = 2048;

struct EmbeddingsBody {
  std::string model;
  std::vector<PromptInput> inputs;
  std::string encoding_format = "float";
  Warnings warnings;
};

constexpr string_view kFormats[] = {"float", "base64"};

constexpr Field kFields[] = {
    {.name = "model",
     .doc = "Id of a model of GET /v1/models.",
     .types = kString,
     .limits = {.length_min = 1, .length_max = 512},
     .required = true,
     .parse = set_member<EmbeddingsBody, &EmbeddingsBody::model>},
    {.name = "input",
     .doc = "A text, texts, token ids, or arrays of token ids.",
     .types = kString | kArray,
     .required = true,
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       FieldSite inner = site;
       inner.request = &site.into<EmbeddingsBody>().inputs;
       return parse_inputs(value, inner, kInputsMax);
     }},
    {.name = "encoding_format",
     .doc = "base64: little-endian float32.",
     .types = kString | kNull,
     .choices = kFormats,
     .shown_default = "\"float\"",
     .parse = set_member<EmbeddingsBody, &EmbeddingsBody::encoding_format>},
    refused_field("dimensions", "This model's embeddings cannot be shortened."),
    {.name = "user",
     .doc = "The caller's own user.",
     .types = kString | kNull,
     .support = Support::kDescriptive,
     .reason = "Describes the caller; has no influence on the answer."},
    refused_field("truncate_prompt_tokens", "Inputs are never cut."),
};
constexpr FieldGroup kGroups[] = {{kFields}};

std::string little_endian_bytes(const std::vector<float>& values) {
  std::string bytes(values.size() * sizeof(float), '\0');
  for (std::size_t i = 0; i < values.size(); ++i) {
    auto word = std::bit_cast<std::uint32_t>(values[i]);
    for (std::size_t b = 0; b < 4; ++b, word >>= 8)
      bytes[i * 4 + b] = static_cast<char>(word & 0xff);
  }
  return bytes;
}

void append_vector(std::string& out, const std::vector<float>& values, bool base64) {
  if (base64) {
    out += '"';
    out += base64_encode(little_endian_bytes(values));
    out += '"';
    return;
  }
  out += fmt::format("[{}]", fmt::join(values, ","));
}

std::string input_path(const EmbeddingsBody& body, std::size_t index) {
  return body.inputs.size() == 1 ? "input" : fmt::format("input[{}]", index);
}

// Every input is checked before the first is computed: a late 400 would have cost the time of all
// before it.
Result<std::vector<std::vector<TokenId>>> tokenize_inputs(const EmbeddingsBody& body,
                                                          const TextModel& model) {
  std::vector<std::vector<TokenId>> all;
  for (std::size_t i = 0; i < body.inputs.size(); ++i) {
    const std::string path = input_path(body, i);
    TRY(InputTokens input, tokenize_input(body.inputs[i], model, path));
    if (input.tokens.size() > static_cast<std::size_t>(model.context_length()))
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("This model's maximum context length is {} tokens. However, '{}' has "
                              "{} tokens. Please reduce its length.",
                              model.context_length(), path, input.tokens.size()),
                  path, "context_length_exceeded");
    all.push_back(std::move(input.tokens));
  }
  return all;
}

}  // namespace

const BodySchema kEmbeddingsSchema{"EmbeddingsRequest", "Texts to turn into vectors.", kGroups};

Result<Reply> create_embeddings(const Call& call, Services& services) {
  EmbeddingsBody body;
  TRY_STATUS(parse_body(kEmbeddingsSchema, call.body, &body, body.warnings));
  const int count_max = services.limits.embedding_inputs_max;
  if (body.inputs.size() > static_cast<std::size_t>(count_max))
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("Invalid 'input': array too long. Expected at most {} items, but got {}.",
                    count_max, body.inputs.size()),
        "input", "array_above_max_length");
  TRY(const auto model, get_text_model(services, body.model));
  TRY(const auto inputs, tokenize_inputs(body, *model));
  int token_count = 0;
  std::string out = "{\"object\":\"list\",\"model\":";
  append_json_string(out, model->id());
  out += ",\"data\":[";
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    TRY(const Embedding embedding, model->embed(inputs[i], call.abandoned));
    token_count += embedding.token_count;
    out += fmt::format("{}{{\"object\":\"embedding\",\"index\":{},\"embedding\":", i > 0 ? "," : "",
                       i);
    append_vector(out, embedding.values, body.encoding_format == "base64");
    out += '}';
  }
  out += fmt::format("],\"usage\":{{\"prompt_tokens\":{0},\"total_tokens\":{0}}}}}", token_count);
  return Reply(Answer{.body = std::move(out)});
}

}  // namespace diptych::openai
