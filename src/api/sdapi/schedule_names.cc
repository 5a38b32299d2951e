#include "api/sdapi/schedule_names.h"

#include <cctype>
#include <utility>

#include "image/samplers/labels.h"
#include "image/samplers/schedule_registry.h"

namespace diptych::sdapi {

std::string schedule_id(std::string_view label) {
  std::string id(label);
  for (char& c : id)
    c = c == ' ' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return id;
}

Result<const ScheduleRow*> find_named_schedule(std::string_view name, std::string_view path) {
  for (const std::string_view word : {"", "Automatic", "Default"})
    if (same_label(name, word)) return nullptr;
  for (const ScheduleRow& row : schedule_rows())
    if (same_label(name, schedule_id(row.name))) return &row;
  auto found = get_schedule(name);
  if (found) return found;
  Error error = found.error();
  error.param = path;
  return fail(std::move(error));
}

}  // namespace diptych::sdapi
