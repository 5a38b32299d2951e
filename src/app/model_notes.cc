#include "app/model_notes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/json.h"

namespace diptych {
namespace {

constexpr std::size_t kNotesBytesMax = std::size_t{1} << 20;

Path notes_file(const Path& folder) { return folder / "models.json"; }

std::unexpected<Error> broken(const Path& file, std::string_view what) {
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{}: {}; repair the file or remove it and add the models again",
                          file.string(), what));
}

Result<ModelNote> note_of(const Json& value, const Path& file) {
  for (const std::string_view name : {"id", "file", "sha256"}) {
    if (!value[name].is_string())
      return broken(file, fmt::format("a model without text in \"{}\"", name));
  }
  if (!value["added"].is_int()) return broken(file, "a model without a time in \"added\"");
  return ModelNote{.id = value["id"].as_string(),
                   .file = value["file"].as_string(),
                   .sha256 = value["sha256"].as_string(),
                   .added = value["added"].as_int()};
}

}  // namespace

const ModelNote* ModelNotes::find_id(std::string_view id) const {
  const auto found = std::ranges::find(notes_, id, &ModelNote::id);
  return found == notes_.end() ? nullptr : &*found;
}

const ModelNote* ModelNotes::find_file(std::string_view file) const {
  const auto found = std::ranges::find(notes_, file, &ModelNote::file);
  return found == notes_.end() ? nullptr : &*found;
}

void ModelNotes::put(ModelNote note) {
  erase(note.id);
  notes_.push_back(std::move(note));
}

void ModelNotes::erase(std::string_view id) {
  std::erase_if(notes_, [id](const ModelNote& note) { return note.id == id; });
}

Result<ModelNotes> read_model_notes(const Path& folder) {
  const Path file = notes_file(folder);
  const auto text = read_file(file, kNotesBytesMax);
  if (!text && text.error().code == ErrorCode::kNotFound) return ModelNotes{};
  if (!text) return fail(text.error());
  const auto json = parse_json(*text);
  if (!json) return broken(file, json.error().message);
  const Json& models = (*json)["models"];
  if (!models.is_array()) return broken(file, "there is no list \"models\"");
  ModelNotes notes;
  for (const Json& model : models.as_array()) {
    TRY(ModelNote note, note_of(model, file));
    notes.put(std::move(note));
  }
  return notes;
}

Status write_model_notes(const Path& folder, const ModelNotes& notes) {
  Json models = Json::array();
  for (const ModelNote& note : notes.all()) {
    models.push_back(Json::object(
        {{"id", note.id}, {"file", note.file}, {"sha256", note.sha256}, {"added", note.added}}));
  }
  return write_file_atomically(notes_file(folder),
                               dump_json_pretty(Json::object({{"models", std::move(models)}})));
}

}  // namespace diptych
