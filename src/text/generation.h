#pragma once
// One accepted request for text, and what comes back. Plain structs, valid by construction: whoever
// fills a GenerationRequest has checked it against the model (api/ does).

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "grammar/constraint.h"
#include "text/ids.h"

namespace diptych {

struct SamplingOptions {
  double temperature = 1;  // 0: greedy
  double top_p = 1;        // 1: off
  int top_k = 0;           // 0: off
  double min_p = 0;        // 0: off
  double typical_p = 1;    // 1: off
  double repetition_penalty =
      1;                         // > 1 makes tokens of prompt and answer less likely (CTRL); 1: off
  int repetition_window = 64;    // last tokens it looks at; -1: all
  double frequency_penalty = 0;  // over generated tokens only
  double presence_penalty = 0;
  std::vector<std::pair<TokenId, float>> logit_bias;
  std::uint64_t seed = 0;  // the api draws one when the caller gave none
};

enum class Priority : std::uint8_t { kBatch, kFlex, kNormal, kHigh };

struct GenerationRequest {
  std::vector<TokenId> prompt;  // not empty
  int choice_count = 1;         // n: the prompt is computed once, then forked
  int token_count_max = 0;      // per choice, > 0; prompt + this fits the context
  int token_count_min = 0;      // no end of generation before
  bool ignore_end = false;      // end-of-generation tokens are ordinary
  SamplingOptions sampling;
  std::vector<std::string> stops;  // not empty strings; the stop text is not part of the answer
  std::vector<TokenId> stop_tokens;
  bool include_stop = false;     // vLLM's include_stop_str_in_output
  bool keep_special = false;     // control tokens appear in the text (skip_special_tokens: false)
  int top_logprob_count = -1;    // -1: no logprobs; 0…20: alternatives per token
  bool prompt_logprobs = false;  // echo + logprobs of /v1/completions: Delta::prompt_tokens
  std::string owner;             // fairness key: API key id, "" for none
  std::string cache_salt;        // prefixes are shared only inside equal salts
  Priority priority = Priority::kNormal;
  std::optional<Duration> timeout;  // from submission
  // What the text must match, of the model's own vocabulary.
  std::optional<grammar::Constraint> constraint;
  // Near token_count_max only what can still be closed may come, so that the text ends as it must.
  bool close_within_limit = false;
};

struct TopLogprob {
  TokenId token = 0;
  float logprob = 0;  // natural log of softmax of the raw logits
};
struct TokenLogprob {
  TokenId token = 0;
  float logprob = 0;
  std::vector<TopLogprob> top;  // descending
};

enum class FinishReason : std::uint8_t { kStop, kLength };  // kStop: end token or stop string

struct GenerationUsage {
  int prompt_tokens = 0;
  int cached_tokens = 0;      // of these, whose state was reused
  int completion_tokens = 0;  // all choices so far; end tokens count
};

// News of one choice since the last poll, merged.
struct Delta {
  int choice = 0;
  std::string text;  // complete UTF-8 characters; text that could start a stop string is held back
  std::vector<TokenLogprob>
      tokens;  // only when logprobs were asked for: exactly the tokens whose text is in `text`
  std::vector<TokenLogprob> prompt_tokens;  // only with prompt_logprobs, in the first delta of
                                            // choice 0; the first has logprob NaN
  int token_count = 0;                 // tokens generated for this delta, also those without text
  std::optional<FinishReason> finish;  // set once, in the choice's last delta
  std::string stop_matched;            // the stop string that ended it, if one did
};

struct GenerationTimes {  // for headers, metrics and the log; nanoseconds
  Duration queued{}, prefill{}, decode{};
};

}  // namespace diptych
