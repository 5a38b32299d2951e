#include "api/openai/prompt_inputs.h"

#include <fmt/format.h>

namespace diptych::openai {
namespace {

std::unexpected<Error> empty_input(const std::string& path, std::string_view kind) {
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("Invalid '{}': {} must not be empty.", path, kind), path,
              fmt::format("empty_{}", kind));
}

Result<PromptInput> parse_ids(const Json& array, const std::string& path) {
  if (array.as_array().empty()) return empty_input(path, "array");
  std::vector<std::int64_t> ids;
  for (std::size_t i = 0; i < array.as_array().size(); ++i) {
    if (!array[i].is_int()) return invalid_type(fmt::format("{}[{}]", path, i), kInteger, array[i]);
    ids.push_back(array[i].as_int());
  }
  return PromptInput(std::move(ids));
}

Result<PromptInput> parse_item(const Json& item, const std::string& path) {
  if (item.is_array()) return parse_ids(item, path);
  if (!item.is_string()) return invalid_type(path, kString | kArray, item);
  if (item.as_string().empty()) return empty_input(path, "string");
  return PromptInput(item.as_string());
}

}  // namespace

Status parse_inputs(const Json& value, const FieldSite& site, std::size_t count_max) {
  auto& inputs = site.into<std::vector<PromptInput>>();
  const bool one =
      value.is_string() || (value.is_array() && !value.as_array().empty() && value[0].is_int());
  if (one) {
    TRY(PromptInput input, parse_item(value, site.path));
    inputs.push_back(std::move(input));
    return {};
  }
  const Field row{
      .name = "", .types = kString | kArray, .limits = {.length_min = 1, .length_max = count_max}};
  TRY_STATUS(check_value(row, value, site.path));
  for (std::size_t i = 0; i < value.as_array().size(); ++i) {
    TRY(PromptInput input, parse_item(value[i], site.at(i, nullptr).path));
    inputs.push_back(std::move(input));
  }
  return {};
}

Result<InputTokens> tokenize_input(const PromptInput& input, const TextModel& model,
                                   std::string_view path) {
  const Vocabulary& vocabulary = model.vocabulary();
  if (const auto* text = std::get_if<std::string>(&input))
    return InputTokens{vocabulary.tokenize(*text, SpecialTokens::kParse, BosPolicy::kIfModelWants),
                       *text};
  InputTokens out;
  for (const std::int64_t id : std::get<std::vector<std::int64_t>>(input)) {
    if (id < 0 || id >= vocabulary.size())
      return invalid_value(
          path, fmt::format("Invalid '{}': token id {} does not exist. '{}' has ids 0 to {}.", path,
                            id, model.id(), vocabulary.size() - 1));
    out.tokens.push_back(static_cast<TokenId>(id));
    out.text += vocabulary.bytes_of(out.tokens.back());
  }
  return out;
}

}  // namespace diptych::openai
