#include "api/openai/answer_notes.h"

#include <fmt/format.h>

#include "api/openai/usage.h"
#include "base/json.h"

namespace diptych::openai {

std::string diptych_note(const GenerationTimes& times, const Warnings& warnings) {
  Json note = timing_object(times);
  if (!warnings.empty()) {
    Json list = Json::array();
    for (const Warning& warning : warnings)
      list.push_back(Json::object({{"param", warning.param}, {"message", warning.message}}));
    note.set("warnings", std::move(list));
  }
  return dump_json(note);
}

void add_warning_header(Answer& answer, const Warnings& warnings) {
  if (!warnings.empty())
    answer.headers.emplace_back("x-diptych-warnings", fmt::format("{}", warnings.size()));
}

}  // namespace diptych::openai
