#include "app/model_library.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <ctime>
#include <system_error>

#include "app/model_notes.h"
#include "base/folder_lock.h"

namespace diptych {
namespace {

constexpr std::size_t kIdLengthMax = 128;
constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::int64_t kTimeStepNs = 100'000'000;  // file times advance in ticks of a few ms

bool is_id_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isdigit(byte) || std::islower(byte) || c == '.' || c == '_' || c == '-' || c == ':';
}

Status check_id(std::string_view id) {
  const bool good =
      !id.empty() && id.size() <= kIdLengthMax && std::ranges::all_of(id, is_id_character);
  if (good) return {};
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("\"{}\" cannot be a model id: use 1 to {} of a-z, 0-9 and .-_:", id,
                          kIdLengthMax),
              "id");
}

std::optional<ModelEntry> entry_of(const Path& file, std::string id) {
  struct stat status{};
  if (stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  ModelEntry entry;
  entry.id = std::move(id);
  entry.path = file;
  entry.created = status.st_mtime;
  entry.size_bytes = static_cast<std::uint64_t>(status.st_size);
  return entry;
}

Result<std::vector<Path>> gguf_files(const Path& folder) {
  std::vector<Path> files;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".gguf") files.push_back(entry->path());
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return fail(ErrorCode::kIo,
                fmt::format("cannot list {}: {}", folder.string(), error.message()));
  }
  std::ranges::sort(files);
  return files;
}

Status copy_model(const Path& from, const Path& to) {
  std::error_code error;
  std::filesystem::copy_file(from, to, std::filesystem::copy_options::none, error);
  if (!error) return {};
  std::error_code ignored;
  std::filesystem::remove(to, ignored);  // what was written of it
  return fail(ErrorCode::kIo,
              fmt::format("cannot copy {} to {}: {}", from.string(), to.string(), error.message()));
}

Status place_file(const NewModel& model, const Path& to) {
  if (std::filesystem::exists(to)) {
    return fail(ErrorCode::kConflict, fmt::format("{} is there already", to.string()), "file");
  }
  std::error_code error;
  if (!model.copy) {
    std::filesystem::create_hard_link(std::filesystem::canonical(model.file, error), to, error);
    if (!error) return {};
  }
  return copy_model(model.file, to);  // another file system, or one without links
}

// Of two commands that change models.json at once, one would lose its note.
Result<FolderLock> lock_for_change(const Path& folder) {
  auto lock = FolderLock::take(folder, "models.lock");
  if (!lock && lock.error().code == ErrorCode::kConflict)
    lock.error().message += ", which adds or removes a model; try again when it has ended";
  return lock;
}

}  // namespace

std::string model_id_of(const Path& file) {
  std::string id = file.stem().string();
  for (char& c : id) {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (!is_id_character(c)) c = '-';
  }
  return id.substr(0, kIdLengthMax);
}

Status check_gguf(const Path& file) {
  TRY(const MappedFile mapped, MappedFile::open(file));
  const auto bytes = mapped.bytes();
  std::array<unsigned char, 8> head{};
  if (bytes.size() >= head.size()) std::memcpy(head.data(), bytes.data(), head.size());
  const bool is_gguf = std::memcmp(head.data(), "GGUF", 4) == 0;
  const bool known_version = (head[4] == 2 || head[4] == 3) && head[5] == 0;
  if (is_gguf && known_version) return {};
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{} is not a GGUF model file{}", file.string(),
                          is_gguf ? " of version 2 or 3" : ": convert it to GGUF first"),
              "file");
}

Result<std::vector<ModelEntry>> ModelLibrary::list() const {
  std::vector<ModelEntry> entries;
  TRY(const ModelNotes notes, read_model_notes(places_.folder));
  TRY(const std::vector<Path> files, gguf_files(places_.folder));
  for (const Path& file : files) {
    const ModelNote* note = notes.find_file(file.filename().string());
    auto entry = entry_of(file, note == nullptr ? model_id_of(file) : note->id);
    if (!entry || entry->id == places_.default_id) continue;
    if (note != nullptr) entry->created = note->added;
    entries.push_back(std::move(*entry));
  }
  std::ranges::sort(entries, {}, &ModelEntry::id);
  if (auto entry = entry_of(places_.default_file, places_.default_id)) {
    entries.insert(entries.begin(), std::move(*entry));
  }
  return entries;
}

Result<ModelEntry> ModelLibrary::find(std::string_view id) const {
  TRY(const std::vector<ModelEntry> entries, list());
  const auto found = std::ranges::find(entries, id, &ModelEntry::id);
  if (found != entries.end()) return *found;
  std::vector<std::string_view> ids;
  for (const ModelEntry& entry : entries) ids.push_back(entry.id);
  return fail(
      ErrorCode::kNotFound,
      fmt::format("there is no model \"{}\"; {}", id,
                  ids.empty() ? "there are none: run tools/bootstrap or diptych models add FILE"
                              : fmt::format("there are {}", fmt::join(ids, ", "))),
      "model", "model_not_found");
}

Status ModelLibrary::check_free(std::string_view id) const {
  if (id != places_.default_id && !find(id)) return {};
  return fail(ErrorCode::kConflict,
              fmt::format("the id \"{}\" is taken; choose another with --id", id), "id");
}

Result<ModelEntry> ModelLibrary::add(const NewModel& model, const FileProgress& progress) const {
  TRY_STATUS(check_gguf(model.file));
  const std::string id = model.id.empty() ? model_id_of(model.file) : model.id;
  TRY_STATUS(check_id(id));
  TRY_STATUS(check_free(id));
  TRY(std::string hash, sha256_of_file(model.file, progress));
  if (!model.sha256.empty() && model.sha256 != hash) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} has sha256 {}, not {}", model.file.string(), hash, model.sha256),
                "sha256");
  }
  TRY_STATUS(make_directories(places_.folder));
  TRY(const FolderLock lock, lock_for_change(places_.folder));
  TRY_STATUS(check_free(id));  // again: hashing takes a while
  const Path target = places_.folder / (id + ".gguf");
  TRY_STATUS(place_file(model, target));
  auto entry = entry_of(target, id);
  if (!entry) return fail(ErrorCode::kIo, fmt::format("{} has vanished", target.string()));
  TRY(ModelNotes notes, read_model_notes(places_.folder));
  notes.put({.id = id,
             .file = target.filename().string(),
             .sha256 = std::move(hash),
             .added = entry->created});
  if (const Status status = write_model_notes(places_.folder, notes); !status) {
    std::error_code ignored;
    std::filesystem::remove(target, ignored);
    return fail(status.error());
  }
  return *entry;
}

Result<ModelEntry> ModelLibrary::remove(std::string_view id) const {
  TRY(const ModelEntry entry, find(id));
  if (entry.id == places_.default_id) {
    return fail(ErrorCode::kConflict,
                fmt::format("\"{}\" is the default model and not the library's to remove; "
                            "choose another with --chat-model",
                            id),
                "id");
  }
  TRY(const FolderLock lock, lock_for_change(places_.folder));
  std::error_code error;
  if (!std::filesystem::remove(entry.path, error) && error) {
    return fail(ErrorCode::kIo,
                fmt::format("cannot remove {}: {}", entry.path.string(), error.message()));
  }
  TRY(ModelNotes notes, read_model_notes(places_.folder));
  notes.erase(id);
  TRY_STATUS(write_model_notes(places_.folder, notes));
  return entry;
}

std::optional<FolderStamp> ModelLibrary::stamp() const {
  struct stat status{};
  if (stat(places_.folder.c_str(), &status) != 0) return std::nullopt;
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  const auto in_ns = [](const timespec& t) { return t.tv_sec * kNsPerSecond + t.tv_nsec; };
  const std::int64_t modified = in_ns(status.st_mtim);
  return FolderStamp{.modified_ns = modified, .settled = in_ns(now) - modified > kTimeStepNs};
}

Result<std::optional<std::string>> ModelLibrary::known_sha256(std::string_view id) const {
  TRY(const ModelNotes notes, read_model_notes(places_.folder));
  const ModelNote* note = notes.find_id(id);
  return note == nullptr ? std::nullopt : std::optional(note->sha256);
}

}  // namespace diptych
