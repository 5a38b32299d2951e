#include "text/scheduler/request_check.h"

#include <fmt/format.h>

#include <algorithm>

namespace diptych {
namespace {

std::unexpected<Error> invalid(std::string message, std::string param) {
  return fail(ErrorCode::kInvalidArgument, std::move(message), std::move(param));
}

Status check_tokens(const GenerationRequest& request, int vocabulary_size) {
  const auto unknown = [vocabulary_size](TokenId token) {
    return token < 0 || token >= vocabulary_size;
  };
  if (std::ranges::any_of(request.prompt, unknown))
    return invalid(fmt::format("a prompt token is not in the vocabulary of {}", vocabulary_size),
                   "prompt");
  if (std::ranges::any_of(request.stop_tokens, unknown))
    return invalid(fmt::format("a stop token is not in the vocabulary of {}", vocabulary_size),
                   "stop_token_ids");
  if (std::ranges::any_of(request.sampling.logit_bias, unknown, &std::pair<TokenId, float>::first))
    return invalid(fmt::format("a token is not in the vocabulary of {}", vocabulary_size),
                   "logit_bias");
  return {};
}

}  // namespace

Status check_request(const GenerationRequest& request, const Engine& engine, int slot_count) {
  if (request.prompt.empty()) return invalid("the prompt has no tokens", "prompt");
  if (request.token_count_max < 1)
    return invalid(
        fmt::format("at least one token must be asked for, not {}", request.token_count_max),
        "max_tokens");
  if (request.choice_count < 1 || request.choice_count > slot_count)
    return invalid(
        fmt::format("n is {}; this server runs 1 to {} at once", request.choice_count, slot_count),
        "n");
  const EngineLimits limits = engine.limits();
  const std::int64_t wanted =
      static_cast<std::int64_t>(request.prompt.size()) + request.token_count_max;
  const int most = std::min(limits.context_length, limits.cell_count);
  if (wanted > most)
    return invalid(
        fmt::format("{} prompt tokens and up to {} of the answer do not fit the context of {}",
                    request.prompt.size(), request.token_count_max, most),
        "max_tokens");
  if (std::ranges::any_of(request.stops, &std::string::empty))
    return invalid("a stop string is empty", "stop");
  return check_tokens(request, engine.vocabulary().size());
}

}  // namespace diptych
