#include "api/openai/sampling_fields.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "base/rng.h"

namespace diptych::openai {
namespace {

using std::string_view;

constexpr int kStopsMax = 4;
constexpr int kTokenIdsMax = 256;

Status parse_stop(const Json& value, const FieldSite& site) {
  auto& stops = site.into<SamplingFields>().stops;
  if (value.is_string()) {
    if (!value.as_string().empty()) stops = {value.as_string()};
    return {};
  }
  const auto& items = value.as_array();
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].as_string().empty())
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("Invalid '{}[{}]': a stop sequence must not be empty.", site.path, i),
                  fmt::format("{}[{}]", site.path, i), "empty_string");
    stops.push_back(items[i].as_string());
  }
  return {};
}

Status parse_logit_bias(const Json& value, const FieldSite& site) {
  for (const auto& [name, bias] : value.as_object()) {
    std::int64_t id = 0;
    const char* end = name.data() + name.size();
    const auto [stop, error] = std::from_chars(name.data(), end, id);
    if (error != std::errc{} || stop != end)
      return invalid_value(
          site.path,
          fmt::format("Invalid key in '{}': '{}'. Keys must be token ids, written as integers.",
                      site.path, name));
    const std::string path = fmt::format("{}.{}", site.path, name);
    if (!bias.is_number()) return invalid_type(path, kNumber, bias);
    static constexpr Field kBias{
        .name = "bias", .types = kNumber, .limits = {.min = -100, .max = 100}};
    TRY_STATUS(check_value(kBias, bias, path));
    site.into<SamplingFields>().logit_bias.emplace_back(id, bias.as_double());
  }
  return {};
}

Status parse_stop_token_ids(const Json& value, const FieldSite& site) {
  for (const Json& id : value.as_array())
    site.into<SamplingFields>().stop_token_ids.push_back(id.as_int());
  return {};
}

Status parse_top_k(const Json& value, const FieldSite& site) {
  const std::int64_t k = value.as_int();
  site.into<SamplingOptions>().top_k = k <= 0 ? 0 : static_cast<int>(k);
  return {};
}

constexpr Limits kUnit{.min = 0, .max = 1};
constexpr Limits kPenalty{.min = -2, .max = 2};
constexpr string_view kTypicalAliases[] = {"typ_p"};
constexpr string_view kRepetitionAliases[] = {"repeat_penalty"};
constexpr string_view kWindowAliases[] = {"repetition_window"};

constexpr Field kNucleusRows[] = {
    {.name = "temperature",
     .doc = "Randomness of the draw; 0 always takes the likeliest token.",
     .types = kNumber | kNull,
     .limits = {.min = 0, .max = 2},
     .shown_default = "1",
     .parse = set_member<SamplingOptions, &SamplingOptions::temperature>},
    {.name = "top_p",
     .doc = "Draw from the smallest set of tokens whose probabilities sum to this.",
     .types = kNumber | kNull,
     .limits = kUnit,
     .shown_default = "1",
     .parse = set_member<SamplingOptions, &SamplingOptions::top_p>},
};

constexpr Field kPenaltyRows[] = {
    {.name = "frequency_penalty",
     .doc = "Subtracted from a token's logit for each time it was generated.",
     .types = kNumber | kNull,
     .limits = kPenalty,
     .shown_default = "0",
     .parse = set_member<SamplingOptions, &SamplingOptions::frequency_penalty>},
    {.name = "presence_penalty",
     .doc = "Subtracted once from the logit of every token that was generated.",
     .types = kNumber | kNull,
     .limits = kPenalty,
     .shown_default = "0",
     .parse = set_member<SamplingOptions, &SamplingOptions::presence_penalty>},
};

constexpr Field kLocalSamplerRows[] = {
    {.name = "top_k",
     .doc = "Draw from the k likeliest tokens; 0 or -1 for all.",
     .types = kInteger | kNull,
     .limits = {.min = -1, .max = 1 << 20},
     .shown_default = "0",
     .parse = parse_top_k},
    {.name = "min_p",
     .doc = "Drop tokens less likely than this share of the likeliest one.",
     .types = kNumber | kNull,
     .limits = kUnit,
     .shown_default = "0",
     .parse = set_member<SamplingOptions, &SamplingOptions::min_p>},
    {.name = "typical_p",
     .doc = "Locally typical sampling; 1 for off.",
     .types = kNumber | kNull,
     .limits = kUnit,
     .aliases = kTypicalAliases,
     .shown_default = "1",
     .parse = set_member<SamplingOptions, &SamplingOptions::typical_p>},
    {.name = "repetition_penalty",
     .doc = "Above 1, tokens of the prompt and the answer become less likely.",
     .types = kNumber | kNull,
     .limits = {.min = 0.01, .max = 10},
     .aliases = kRepetitionAliases,
     .shown_default = "1",
     .parse = set_member<SamplingOptions, &SamplingOptions::repetition_penalty>},
    {.name = "repeat_last_n",
     .doc = "How many last tokens repetition_penalty looks at; -1 for all.",
     .types = kInteger | kNull,
     .limits = {.min = -1, .max = 1 << 24},
     .aliases = kWindowAliases,
     .shown_default = "64",
     .parse = set_member<SamplingOptions, &SamplingOptions::repetition_window>},
};

constexpr Field kEndingRows[] = {
    {.name = "stop",
     .doc = "Up to four texts that end the answer; they are not part of it.",
     .types = kString | kArray | kNull,
     .limits = {.length_max = 1024},
     .item_types = kString,
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       static constexpr Field kList{
           .name = "stop", .types = kArray, .limits = {.length_min = 1, .length_max = kStopsMax}};
       if (value.is_array()) TRY_STATUS(check_value(kList, value, site.path));
       return parse_stop(value, site);
     }},
    {.name = "seed",
     .doc = "The same seed with the same system_fingerprint gives the same answer.",
     .types = kInteger | kNull,
     .parse = set_member<SamplingFields, &SamplingFields::seed>},
    {.name = "logit_bias",
     .doc = "Token id to a number from -100 to 100 that is added to its logit.",
     .types = kObject | kNull,
     .limits = {.length_max = 4096},
     .parse = parse_logit_bias},
};

constexpr Field kLocalEndingRows[] = {
    {.name = "ignore_eos",
     .doc = "End-of-answer tokens are ordinary tokens.",
     .types = kBool | kNull,
     .shown_default = "false",
     .parse = set_member<SamplingFields, &SamplingFields::ignore_end>},
    {.name = "min_tokens",
     .doc = "The answer does not end before this many tokens.",
     .types = kInteger | kNull,
     .limits = {.min = 0},
     .shown_default = "0",
     .parse = set_member<SamplingFields, &SamplingFields::token_count_min>},
    {.name = "stop_token_ids",
     .doc = "Tokens that end the answer.",
     .types = kArray | kNull,
     .limits = {.length_max = kTokenIdsMax},
     .item_types = kInteger,
     .parse = parse_stop_token_ids},
    {.name = "include_stop_str_in_output",
     .doc = "The stop text is part of the answer.",
     .types = kBool | kNull,
     .shown_default = "false",
     .parse = set_member<SamplingFields, &SamplingFields::include_stop>},
    {.name = "skip_special_tokens",
     .doc = "Control tokens do not appear in the text.",
     .types = kBool | kNull,
     .shown_default = "true",
     .parse = set_member<SamplingFields, &SamplingFields::skip_special>},
    {.name = "cache_prompt",
     .doc = "false: share no computed prefix with other requests.",
     .types = kBool | kNull,
     .shown_default = "true",
     .parse = set_member<SamplingFields, &SamplingFields::cache_prompt>},
    {.name = "cache_salt",
     .doc = "Computed prefixes are shared only between requests with the same salt.",
     .types = kString | kNull,
     .limits = {.length_max = 256},
     .parse = set_member<SamplingFields, &SamplingFields::cache_salt>},
};

constexpr string_view kNoSampler = "This sampler is not available here.";
constexpr string_view kServerSide = "This is a setting of the server, not of a request.";

constexpr Field kRefusedLocalRows[] = {
    refused_field("mirostat", kNoSampler, "0"),
    refused_field("mirostat_tau", kNoSampler, "5.0"),
    refused_field("mirostat_eta", kNoSampler, "0.1"),
    refused_field("dynatemp_range", kNoSampler, "0"),
    refused_field("dynatemp_exponent", kNoSampler, "1"),
    refused_field("xtc_probability", kNoSampler, "0"),
    refused_field("xtc_threshold", kNoSampler, "0.1"),
    refused_field("dry_multiplier", kNoSampler, "0"),
    refused_field("dry_base", kNoSampler, "1.75"),
    refused_field("dry_allowed_length", kNoSampler, "2"),
    refused_field("dry_penalty_last_n", kNoSampler, "-1"),
    refused_field("dry_sequence_breakers", kNoSampler),
    refused_field("top_n_sigma", kNoSampler, "-1"),
    refused_field("samplers", "The order of the samplers is fixed."),
    refused_field("min_keep", kNoSampler, "0"),
    refused_field("use_beam_search", kNoSampler, "false"),
    refused_field("length_penalty", kNoSampler, "1"),
    refused_field("bad_words", kNoSampler, "[]"),
    refused_field("allowed_token_ids", kNoSampler),
    refused_field("truncate_prompt_tokens", "Prompts are never cut."),
    refused_field("n_keep", "Prompts are never cut.", "0"),
    refused_field("id_slot", kServerSide, "-1"),
    refused_field("lora", kServerSide, "[]"),
    refused_field("chat_template", kServerSide),
    refused_field("post_sampling_probs",
                  "Log probabilities are always those of the model before sampling.", "false"),
};

constexpr string_view kTiers[] = {"auto", "default", "flex", "scale", "priority", "fast"};
constexpr string_view kRetentions[] = {"in_memory", "in-memory", "24h"};
constexpr string_view kCacheModes[] = {"implicit", "explicit"};

Status parse_cache_options(const Json& value, const FieldSite& site) {
  static constexpr Field kFields[] = {
      {.name = "mode",
       .doc = "implicit: any prefix is reused.",
       .types = kString | kNull,
       .choices = kCacheModes,
       .parse = [](const Json& mode, const FieldSite& at) -> Status {
         if (mode.as_string() == "implicit") return {};
         return unsupported_value(at.path,
                                  "Unsupported value: 'explicit'. Prefixes are reused wherever "
                                  "they match; send cache_prompt: false to share none.");
       }},
      {.name = "ttl",
       .types = kString | kNull,
       .support = Support::kIgnored,
       .reason = "Prefixes are kept while memory allows."},
  };
  static constexpr FieldGroup kGroups[] = {{kFields}};
  static constexpr BodySchema kSchema{"PromptCacheOptions", "", kGroups};
  return parse_object(kSchema, value, site);
}

constexpr string_view kCallerOnly = "Describes the caller; has no influence on the answer.";

constexpr Field kCallerRows[] = {
    metadata_row([](const Json& value, const FieldSite& site) -> Status {
      FieldSite inner = site;
      inner.request = &site.into<CallerFields>().metadata;
      return parse_metadata(value, inner);
    }),
    {.name = "service_tier",
     .doc = "flex waits behind others, priority goes first.",
     .types = kString | kNull,
     .choices = kTiers,
     .shown_default = "\"auto\"",
     .parse = set_member<CallerFields, &CallerFields::service_tier>},
    {.name = "user",
     .doc = "The caller's own user.",
     .types = kString | kNull,
     .support = Support::kDescriptive,
     .reason = kCallerOnly,
     .parse = set_member<CallerFields, &CallerFields::user>},
    {.name = "safety_identifier",
     .doc = "The caller's own user.",
     .types = kString | kNull,
     .limits = {.length_max = 64},
     .support = Support::kDescriptive,
     .reason = kCallerOnly,
     .parse = set_member<CallerFields, &CallerFields::safety_identifier>},
    {.name = "prompt_cache_key",
     .doc = "Groups requests with a common prefix.",
     .types = kString | kNull,
     .support = Support::kDescriptive,
     .reason = "Prefixes are found by content; a key adds nothing on one machine."},
    {.name = "prompt_cache_options",
     .doc = "How prefixes are kept.",
     .types = kObject | kNull,
     .parse = parse_cache_options},
    {.name = "prompt_cache_retention",
     .doc = "How long prefixes are kept.",
     .types = kString | kNull,
     .choices = kRetentions,
     .support = Support::kDescriptive,
     .reason = "Prefixes are kept while memory allows."},
};

Result<TokenId> checked_token(std::int64_t id, const TextModel& model, std::string_view path) {
  const int size = model.vocabulary().size();
  if (id < 0 || id >= size)
    return invalid_value(
        path, fmt::format("Invalid '{}': token id {} does not exist. '{}' has ids 0 to {}.", path,
                          id, model.id(), size - 1));
  return static_cast<TokenId>(id);
}

}  // namespace

std::span<const Field> nucleus_rows() { return kNucleusRows; }
std::span<const Field> penalty_rows() { return kPenaltyRows; }
std::span<const Field> local_sampler_rows() { return kLocalSamplerRows; }
std::span<const Field> ending_rows() { return kEndingRows; }
std::span<const Field> local_ending_rows() { return kLocalEndingRows; }
std::span<const Field> refused_local_rows() { return kRefusedLocalRows; }
std::span<const Field> caller_rows() { return kCallerRows; }

Status parse_metadata(const Json& value, const FieldSite& site) {
  auto& metadata = site.into<std::vector<std::pair<std::string, std::string>>>();
  metadata.clear();
  static constexpr Field kKey{.name = "key", .types = kString, .limits = {.length_max = 64}};
  static constexpr Field kValue{.name = "value", .types = kString, .limits = {.length_max = 512}};
  for (const auto& [name, text] : value.as_object()) {
    const std::string path = fmt::format("{}.{}", site.path, name);
    TRY_STATUS(check_value(kKey, Json(name), path));
    TRY_STATUS(check_value(kValue, text, path));
    metadata.emplace_back(name, text.as_string());
  }
  return {};
}

Status apply_sampling(const SamplingFields& fields, const TextModel& model, const Caller& caller,
                      GenerationRequest& generation) {
  generation.sampling = fields.options;
  generation.sampling.seed = fields.seed ? static_cast<std::uint64_t>(*fields.seed) : entropy64();
  for (const auto& [id, bias] : fields.logit_bias) {
    TRY(const TokenId token, checked_token(id, model, "logit_bias"));
    generation.sampling.logit_bias.emplace_back(token, static_cast<float>(bias));
  }
  for (const std::int64_t id : fields.stop_token_ids) {
    TRY(const TokenId token, checked_token(id, model, "stop_token_ids"));
    generation.stop_tokens.push_back(token);
  }
  if (fields.token_count_min > generation.token_count_max)
    return invalid_value(
        "min_tokens",
        fmt::format("Invalid 'min_tokens': {} is more than the limit of {} tokens for the answer.",
                    fields.token_count_min, generation.token_count_max));
  generation.stops.insert(generation.stops.end(), fields.stops.begin(), fields.stops.end());
  generation.token_count_min = fields.token_count_min;
  generation.ignore_end = fields.ignore_end;
  generation.include_stop = fields.include_stop;
  generation.keep_special = !fields.skip_special;
  generation.owner = caller.key_id;
  // Lengths keep (key, salt) pairs apart whatever characters they hold.
  generation.cache_salt =
      fmt::format("{}:{}:{}", caller.key_id.size(), caller.key_id, fields.cache_salt);
  if (!fields.cache_prompt) generation.cache_salt += random_id(":private:");
  return {};
}

Priority priority_of_tier(std::string_view service_tier) {
  if (service_tier == "flex") return Priority::kFlex;
  if (service_tier == "priority" || service_tier == "fast") return Priority::kHigh;
  return Priority::kNormal;
}

std::string_view tier_used(std::string_view service_tier) {
  switch (priority_of_tier(service_tier)) {
    case Priority::kFlex:
      return "flex";
    case Priority::kHigh:
      return "priority";
    default:
      return "default";
  }
}

}  // namespace diptych::openai
