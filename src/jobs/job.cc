#include "jobs/job.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace diptych {
namespace {

// Indexed by the enumerator; also what the store writes: a name never changes.
constexpr std::array<std::string_view, 3> kKinds{"picture", "upscale", "text"};
constexpr std::array<std::string_view, 6> kStates{"queued", "running",   "succeeded",
                                                  "failed", "cancelled", "expired"};
constexpr std::array<std::string_view, 3> kPriorities{"batch", "normal", "high"};

template <class Enum, std::size_t kCount>
std::optional<Enum> find_name(const std::array<std::string_view, kCount>& names,
                              std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

}  // namespace

std::string_view name_of(JobKind kind) { return kKinds.at(static_cast<std::size_t>(kind)); }
std::string_view name_of(JobState state) { return kStates.at(static_cast<std::size_t>(state)); }
std::string_view name_of(JobPriority priority) {
  return kPriorities.at(static_cast<std::size_t>(priority));
}

std::optional<JobKind> find_job_kind(std::string_view name) {
  return find_name<JobKind>(kKinds, name);
}
std::optional<JobState> find_job_state(std::string_view name) {
  return find_name<JobState>(kStates, name);
}
std::optional<JobPriority> find_job_priority(std::string_view name) {
  return find_name<JobPriority>(kPriorities, name);
}

}  // namespace diptych
