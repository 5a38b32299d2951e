#pragma once
// Request fields that several endpoints share: how tokens are drawn, when a generation ends, who
// asks. Local extras are taken in the spelling of llama-server and of vLLM.

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "api/call.h"
#include "api/field.h"
#include "text/generation.h"
#include "text/model.h"

namespace diptych::openai {

struct SamplingFields {
  SamplingOptions options;  // seed and logit_bias are set by apply_sampling
  std::optional<std::int64_t> seed;
  std::vector<std::pair<std::int64_t, double>>
      logit_bias;  // ids not yet checked against a vocabulary
  std::vector<std::string> stops;
  std::vector<std::int64_t> stop_token_ids;
  int token_count_min = 0;
  bool ignore_end = false, include_stop = false;
  bool skip_special = true;
  bool cache_prompt = true;  // false: this request neither reads nor shares prefixes
  std::string cache_salt;
};

struct CallerFields {
  std::vector<std::pair<std::string, std::string>> metadata;
  std::string service_tier = "auto";
  std::string user, safety_identifier;  // echoed
};

// Rows that fill SamplingFields::options.
std::span<const Field> nucleus_rows();        // temperature, top_p
std::span<const Field> penalty_rows();        // frequency_penalty, presence_penalty
std::span<const Field> local_sampler_rows();  // top_k, min_p, typical_p, repetition_penalty, …
// Rows that fill SamplingFields.
std::span<const Field> ending_rows();  // stop, seed, logit_bias
std::span<const Field>
local_ending_rows();  // ignore_eos, min_tokens, stop_token_ids, cache_salt, …
std::span<const Field> refused_local_rows();  // what peers offer and we do not, by name
// Rows that fill CallerFields.
std::span<const Field>
caller_rows();  // metadata, service_tier, user, safety_identifier, prompt_cache_*

// For FieldGroup::target, when the request has a member `sampling`: options_of<ChatBody>.
template <class Request>
void* options_of(void* request) {
  return &static_cast<Request*>(request)->sampling.options;
}

// Checks token ids against the vocabulary, draws a seed where none was given, and fills the
// generation's sampling, stops, owner, salt and priority. token_count_max must be set before.
Status apply_sampling(const SamplingFields& fields, const TextModel& model, const Caller& caller,
                      GenerationRequest& generation);

// "flex" → Priority::kFlex, "priority" and "fast" → kHigh. The tier that is really used, for the
// answer: default, flex or priority.
Priority priority_of_tier(std::string_view service_tier);
std::string_view tier_used(std::string_view service_tier);

// Parses a metadata object whose limits the row has checked: used by rows and by the update of
// stored completions.
Status parse_metadata(const Json& value,
                      const FieldSite& site);  // into vector<pair<string, string>>
constexpr Field metadata_row(ParseField parse) {
  return {.name = "metadata",
          .doc = "Up to 16 pairs of the caller's own; kept with stored answers.",
          .types = kObject | kNull,
          .limits = {.length_max = 16},
          .parse = parse};
}

}  // namespace diptych::openai
