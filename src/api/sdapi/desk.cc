#include "api/sdapi/desk.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <ranges>

#include "api/sdapi/style_file.h"

namespace diptych::sdapi {
namespace {

constexpr std::size_t kTasksMax = 4096, kMarksMax = 1024, kOwnersMax = 4096;
constexpr std::size_t kOptionsBytesMax = std::size_t{16} << 20,
                      kStylesBytesMax = std::size_t{4} << 20;

// nullopt: there is none.
Result<std::optional<std::string>> read_if_there(const Path& path, std::size_t bytes_max) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::optional<std::string>();
  TRY(std::string bytes, read_file(path, bytes_max));
  return std::optional(std::move(bytes));
}

}  // namespace

Result<std::unique_ptr<Desk>> Desk::open(Path folder, std::int64_t now_ms) {
  std::unique_ptr<Desk> desk(new Desk(std::move(folder), now_ms));
  TRY_STATUS(desk->read_options());
  TRY_STATUS(desk->read_styles());
  return desk;
}

// --- options ------------------------------------------------------------------------------------

Status Desk::read_options() {
  if (folder_.empty()) return {};
  const Path path = folder_ / "sdapi_options.json";
  TRY(const auto text, read_if_there(path, kOptionsBytesMax));
  if (!text) return {};
  TRY(const Json json, parse_json(*text));
  if (!json.is_object())
    return fail(ErrorCode::kInvalidArgument, fmt::format("{}: not an object", path.string()));
  const MutexLock lock(mutex_);
  for (const auto& [owner, options] : json.as_object())
    if (options.is_object()) options_.emplace(owner, options);
  return {};
}

Json Desk::options_of(std::string_view owner) const {
  const MutexLock lock(mutex_);
  const auto found = options_.find(owner);
  return found == options_.end() ? Json::object() : found->second;
}

Status Desk::set_options(std::string_view owner, const Json& changes) {
  const MutexLock lock(mutex_);
  auto changed = options_;
  const auto entry = changed.try_emplace(std::string(owner), Json::object()).first;
  for (const auto& [name, value] : changes.as_object()) entry->second.set(name, value);
  if (changed.size() > kOwnersMax)
    return fail(
        ErrorCode::kOverloaded,
        fmt::format("{} callers have options of their own, which is the limit.", kOwnersMax));
  if (!folder_.empty()) {
    Json all = Json::object();
    for (const auto& [each, options] : changed) all.set(each, options);
    const Path path = folder_ / "sdapi_options.json";
    if (const Status written = write_file_atomically(path, dump_json_pretty(all)); !written)
      return fail(ErrorCode::kIo, written.error().message);
  }
  options_ = std::move(changed);
  return {};
}

// --- styles -------------------------------------------------------------------------------------

std::vector<PromptStyle> Desk::styles() const {
  const MutexLock lock(mutex_);
  return styles_;
}

Status Desk::read_styles() {
  if (folder_.empty()) return {};
  TRY(const auto text, read_if_there(folder_ / "styles.csv", kStylesBytesMax));
  std::vector<PromptStyle> styles;
  if (text) styles = parse_style_file(*text);
  const MutexLock lock(mutex_);
  styles_ = std::move(styles);
  return {};
}

// --- tasks --------------------------------------------------------------------------------------

void Desk::name_task(std::string_view owner, std::string_view task, std::string_view job) {
  const MutexLock lock(mutex_);
  tasks_.push_back({std::string(owner), std::string(task), std::string(job)});
  if (tasks_.size() > kTasksMax) tasks_.pop_front();
}

std::string Desk::job_of(std::string_view owner, std::string_view task) const {
  const MutexLock lock(mutex_);
  for (const Task& each : std::views::reverse(tasks_))
    if (each.name == task && each.owner == owner) return each.job;
  return {};
}

std::string Desk::task_of(std::string_view job) const {
  const MutexLock lock(mutex_);
  const auto found = std::ranges::find(tasks_, job, &Task::job);
  return found == tasks_.end() ? std::string() : found->name;
}

void Desk::mark(std::string_view job, Mark mark) {
  const MutexLock lock(mutex_);
  marks_.emplace_back(job, mark);
  if (marks_.size() > kMarksMax) marks_.pop_front();
}

bool Desk::is_marked(std::string_view job, Mark mark) const {
  const MutexLock lock(mutex_);
  return std::ranges::any_of(
      marks_, [&](const auto& each) { return each.first == job && each.second == mark; });
}

}  // namespace diptych::sdapi
