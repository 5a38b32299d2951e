#pragma once
// What every chunk and every whole answer of a request begins with.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "text/model.h"

namespace diptych::openai {

struct AnswerHead {
  std::string id, model, tier, fingerprint;
  std::int64_t created = 0;
};

AnswerHead make_head(std::string_view id_prefix, const TextModel& model,
                     std::string_view service_tier, const Clock& clock);

// `"id":…,"object":…,"created":…,"model":…,"service_tier":…,"system_fingerprint":…`, without
// braces.
std::string head_members(const AnswerHead& head, std::string_view object);

}  // namespace diptych::openai
