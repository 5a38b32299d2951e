#include "api/openai/responses_events.h"

#include <array>

namespace diptych::openai {

void EventLog::add(std::string_view type, std::string_view members) {
  rows_.push_back(
      {.sequence = next_,
       .type = std::string(type),
       .body = fmt::format(R"({{"type":"{}","sequence_number":{},{}}})", type, next_, members)});
  ++next_;
}

void EventLog::add_response(std::string_view type, const Json& object) {
  add(type, fmt::format(R"("response":{})", dump_json(object)));
}

void EventLog::add_error(const Json& error) {
  add(kEventError, fmt::format(R"("code":{},"message":{},"param":null)", dump_json(error["code"]),
                               dump_json(error["message"])));
}

std::string_view end_event(std::string_view status) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kEnds{
      {{"completed", "response.completed"},
       {"incomplete", "response.incomplete"},
       {"failed", "response.failed"}}};
  for (const auto& [ended, type] : kEnds)
    if (ended == status) return type;
  return {};
}

}  // namespace diptych::openai
