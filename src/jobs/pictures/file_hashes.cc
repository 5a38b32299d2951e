#include "jobs/pictures/file_hashes.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <utility>

#include "base/json.h"
#include "base/log.h"

namespace diptych {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{16} << 20;

std::string key_of(const Path& file) {
  std::error_code error;
  const Path canonical = std::filesystem::canonical(file, error);
  return (error ? file : canonical).string();
}

}  // namespace

std::string file_stamp(const Path& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return {};
  return fmt::format("{} {}.{:09}", status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

FileHashes::FileHashes(Path kept_in) : kept_in_(std::move(kept_in)) {
  if (kept_in_.empty()) return;
  const auto text = read_file(kept_in_, kFileBytesMax);
  if (!text) return;
  const auto json = parse_json(*text);
  if (!json || !json->is_object()) {
    log_warn("{} is broken; hashes of models are computed again", kept_in_.string());
    return;
  }
  const MutexLock lock(mutex_);
  for (const Json::Member& member : json->as_object()) {
    const Json &stamp = member.value["stamp"], &hash = member.value["sha256"];
    if (stamp.is_string() && hash.is_string())
      kept_[member.name] = {stamp.as_string(), hash.as_string()};
  }
}

std::optional<std::string> FileHashes::known(const Path& file) const {
  const std::string key = key_of(file), stamp = file_stamp(file);
  const MutexLock lock(mutex_);
  const auto found = kept_.find(key);
  if (found == kept_.end() || found->second.stamp != stamp) return std::nullopt;
  return found->second.hash;
}

Result<std::string> FileHashes::get(const Path& file) {
  if (auto hash = known(file)) return *hash;
  const std::string stamp = file_stamp(file);  // before: a change meanwhile must not be missed
  TRY(std::string hash, sha256_of_file(file));
  const MutexLock lock(mutex_);
  kept_[key_of(file)] = {stamp, hash};
  save();
  return hash;
}

void FileHashes::save() {
  if (kept_in_.empty()) return;
  Json json = Json::object();
  for (const auto& [path, kept] : kept_)
    json.set(path, Json::object({{"stamp", kept.stamp}, {"sha256", kept.hash}}));
  // Not kept: it is computed again next time.
  if (const Status saved = write_file_atomically(kept_in_, dump_json_pretty(json)); !saved)
    log_debug("hashes of models are not kept: {}", saved.error().message);
}

}  // namespace diptych
