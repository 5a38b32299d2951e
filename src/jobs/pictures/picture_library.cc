#include "jobs/pictures/picture_library.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>
#include <utility>

#include "formats/diffusers_folder.h"
#include "formats/gguf.h"
#include "image/models/checkpoint.h"

namespace diptych {
namespace {

constexpr std::size_t kIdLengthMax = 128, kShortHash = 10;

bool is_id_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isdigit(byte) || std::islower(byte) || c == '.' || c == '_' || c == '-';
}

bool is_weight_file(const Path& path) {
  return path.extension() == ".safetensors" || path.extension() == ".gguf";
}

// Files with weights, and folders that hold a model.
std::vector<Path> candidates(const Path& folder) {
  std::vector<Path> paths;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    const bool is_folder = entry->is_directory(ignored);
    if (is_folder ? find_diffusers_folder(entry->path()).has_value()
                  : is_weight_file(entry->path()))
      paths.push_back(entry->path());
  }
  std::ranges::sort(paths);
  return paths;
}

// Of a folder, the file that every change of the model changes last is not known: its parts' too.
std::string stamp_of(const Path& path) {
  std::string stamp = file_stamp(path);
  for (const char* part : {"model_index.json", "diptych.json", "unet", "vae", "text_encoder"})
    stamp += fmt::format("|{}", file_stamp(path / part));
  return stamp;
}

// Quantised language models lie in the same folder and have the same ending.
bool is_language_model(const Path& path) {
  if (path.extension() != ".gguf") return false;
  const auto file = GgufFile::open(path);
  return file && (*file)->metadata().contains("tokenizer.ggml.model");
}

std::uint64_t size_of_all(const std::vector<Path>& files) {
  std::uint64_t sum = 0;
  for (const Path& file : files) sum += size_of_file(file).value_or(0);
  return sum;
}

Status describe(const Checkpoint& checkpoint, FoundPictureModel& model) {
  PictureModelEntry& entry = model.entry;
  model.hashed_file = checkpoint.files.front();
  TRY(entry.defaults, defaults_of(checkpoint));
  entry.family = checkpoint.family;
  entry.is_inpainting = checkpoint.family.ends_with("-inpaint");
  entry.size_bytes = size_of_all(checkpoint.files);
  return {};
}

// A UNet alone takes its other parts from the first complete model of its family.
void complete(FoundPictureModel& model, const std::vector<FoundPictureModel>& complete_ones) {
  for (const FoundPictureModel& other : complete_ones) {
    const auto checkpoint = open_checkpoint(model.entry.path, other.entry.path);
    if (!checkpoint || checkpoint->family != other.entry.family) continue;
    if (!describe(*checkpoint, model)) continue;
    model.entry.problem.clear();
    model.other_parts = other.entry.path;
    return;
  }
}

// As clients spell a model: its file's name, with the hash where it is known.
std::string title_of(const Path& path, const std::string& sha256) {
  const std::string name = path.filename().string();
  return sha256.empty() ? name : fmt::format("{} [{}]", name, sha256.substr(0, kShortHash));
}

bool is_called(const PictureModelEntry& entry, std::string_view name) {
  const Path path(entry.path);
  if (name == entry.id || name == entry.title || name == entry.path) return true;
  if (name == path.filename().string() || name == path.stem().string()) return true;
  return name.size() >= kShortHash && !entry.sha256.empty() && entry.sha256.starts_with(name);
}

}  // namespace

std::string picture_model_id(const Path& path) {
  std::string id = (is_weight_file(path) ? path.stem() : path.filename()).string();
  for (char& c : id) {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (!is_id_character(c)) c = '-';
  }
  return id.substr(0, kIdLengthMax);
}

PictureLibrary::PictureLibrary(PicturePlaces places, const FileHashes& hashes)
    : places_(std::move(places)), hashes_(hashes) {}

PictureLibrary::Seen PictureLibrary::read(const Path& path, const std::string& stamp) const {
  Seen seen{.stamp = stamp, .model = {}};
  PictureModelEntry& entry = seen.model.entry;
  entry.path = path.string();
  entry.id = picture_model_id(path);
  entry.size_bytes = size_of_file(path).value_or(0);
  if (is_language_model(path)) {
    seen.is_listed = false;
    return seen;
  }
  const auto checkpoint = open_checkpoint(path);
  const Status described =
      checkpoint ? describe(*checkpoint, seen.model) : fail(checkpoint.error());
  if (!described) entry.problem = described.error().message;
  return seen;
}

bool PictureLibrary::has_changed() const {
  return !looked_ || file_stamp(places_.folder) != folder_stamp_;
}

void PictureLibrary::look() {
  folder_stamp_ = file_stamp(places_.folder);
  looked_ = true;
  std::vector<Path> paths = candidates(places_.folder);
  std::error_code ignored;
  if (std::filesystem::exists(places_.default_model, ignored))
    paths.insert(paths.begin(), places_.default_model);
  std::map<Path, Seen> now;
  std::vector<FoundPictureModel> complete_ones;
  for (const Path& path : paths) {
    const std::string stamp = stamp_of(path);
    const auto before = seen_.find(path);
    const bool same = before != seen_.end() && before->second.stamp == stamp &&
                      before->second.model.other_parts.empty() &&
                      before->second.model.entry.problem.empty();
    Seen& seen = now[path] = same ? before->second : read(path, stamp);
    if (path == places_.default_model) seen.model.entry.id = places_.default_id;
    if (seen.is_listed && seen.model.entry.problem.empty()) complete_ones.push_back(seen.model);
  }
  order_.clear();
  std::set<std::string> ids;
  for (const Path& path : paths) {
    Seen& seen = now[path];
    if (!seen.model.entry.problem.empty()) complete(seen.model, complete_ones);
    std::string& id = seen.model.entry.id;
    if (!seen.is_listed) continue;
    if (ids.contains(id) && path != places_.default_model) id += path.extension().string();
    if (!ids.insert(id).second) continue;  // the default model, met again in the folder
    order_.push_back(path);
  }
  const auto others =
      order_.begin() + (order_.empty() || order_[0] != places_.default_model ? 0 : 1);
  std::sort(others, order_.end(), [&](const Path& a, const Path& b) {
    return now[a].model.entry.id < now[b].model.entry.id;
  });
  seen_ = std::move(now);
}

void PictureLibrary::refresh() {
  const MutexLock lock(mutex_);
  look();
}

std::vector<FoundPictureModel> PictureLibrary::list() {
  const MutexLock lock(mutex_);
  if (has_changed()) look();
  std::vector<FoundPictureModel> models;
  for (const Path& path : order_) {
    FoundPictureModel model = seen_[path].model;
    model.entry.sha256 = hashes_.known(model.hashed_file).value_or("");
    model.entry.title = title_of(path, model.entry.sha256);
    models.push_back(std::move(model));
  }
  return models;
}

Result<FoundPictureModel> PictureLibrary::find(std::string_view name) {
  const std::vector<FoundPictureModel> models = list();
  const auto by_id = std::ranges::find(
      models, name, [](const auto& model) { return std::string_view(model.entry.id); });
  if (by_id != models.end()) return *by_id;
  const auto found = std::ranges::find_if(
      models, [name](const FoundPictureModel& model) { return is_called(model.entry, name); });
  if (found != models.end()) return *found;
  std::vector<std::string_view> ids;
  for (const FoundPictureModel& model : models) ids.push_back(model.entry.id);
  return fail(ErrorCode::kNotFound,
              fmt::format("there is no picture model \"{}\"; {}", name,
                          ids.empty() ? "there are none"
                                      : fmt::format("there are {}", fmt::join(ids, ", "))),
              "model", "model_not_found");
}

std::string PictureLibrary::default_model() {
  // The default model is listed first.
  for (const FoundPictureModel& model : list())
    if (model.entry.problem.empty()) return model.entry.id;
  return {};
}

}  // namespace diptych
