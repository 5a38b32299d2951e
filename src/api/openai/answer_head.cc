#include "api/openai/answer_head.h"

#include <fmt/format.h>

#include "api/openai/sampling_fields.h"
#include "base/json.h"
#include "base/rng.h"

namespace diptych::openai {

AnswerHead make_head(std::string_view id_prefix, const TextModel& model,
                     std::string_view service_tier, const Clock& clock) {
  return {.id = random_id(id_prefix),
          .model = model.id(),
          .tier = std::string(tier_used(service_tier)),
          .fingerprint = model.fingerprint(),
          .created = clock.unix_seconds()};
}

std::string head_members(const AnswerHead& head, std::string_view object) {
  std::string out = fmt::format(R"("id":"{}","object":"{}","created":{},"model":)", head.id, object,
                                head.created);
  append_json_string(out, head.model);
  out += fmt::format(R"(,"service_tier":"{}","system_fingerprint":)", head.tier);
  append_json_string(out, head.fingerprint);
  return out;
}

}  // namespace diptych::openai
