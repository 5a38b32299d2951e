#include "api/openai/usage.h"

#include <cmath>

namespace diptych::openai {
namespace {

double to_ms(Duration duration) {
  const double ms = std::chrono::duration<double, std::milli>(duration).count();
  return std::round(ms * 1000) / 1000;  // whole microseconds
}

}  // namespace

void TokenCounts::add(const GenerationUsage& usage) {
  prompt += usage.prompt_tokens;
  cached += usage.cached_tokens;
  completion += usage.completion_tokens;
}

Json chat_usage(const TokenCounts& counts) {
  return Json::object({
      {"prompt_tokens", counts.prompt},
      {"completion_tokens", counts.completion},
      {"total_tokens", counts.prompt + counts.completion},
      {"prompt_tokens_details", Json::object({{"cached_tokens", counts.cached},
                                              {"cache_write_tokens", 0},
                                              {"text_tokens", counts.prompt},
                                              {"image_tokens", 0},
                                              {"audio_tokens", 0}})},
      {"completion_tokens_details", Json::object({{"reasoning_tokens", counts.reasoning},
                                                  {"audio_tokens", 0},
                                                  {"accepted_prediction_tokens", 0},
                                                  {"rejected_prediction_tokens", 0}})},
      {"cache_creation_input_tokens", 0},
      {"cache_read_input_tokens", counts.cached},
  });
}

Json responses_usage(const TokenCounts& counts) {
  return Json::object({
      {"input_tokens", counts.prompt},
      {"input_tokens_details",
       Json::object({{"cached_tokens", counts.cached}, {"cache_write_tokens", 0}})},
      {"output_tokens", counts.completion},
      {"output_tokens_details", Json::object({{"reasoning_tokens", counts.reasoning}})},
      {"total_tokens", counts.prompt + counts.completion},
      {"cache_creation_input_tokens", 0},
      {"cache_read_input_tokens", counts.cached},
  });
}

Json timing_object(const GenerationTimes& times) {
  return Json::object({{"queue_ms", to_ms(times.queued)},
                       {"prefill_ms", to_ms(times.prefill)},
                       {"decode_ms", to_ms(times.decode)}});
}

}  // namespace diptych::openai
