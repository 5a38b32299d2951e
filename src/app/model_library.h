#pragma once
// Which model files there are: the default model and the GGUF files of the models folder, some with
// a note of their id and hash in models.json. Never opens a weight.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "jobs/model_registry.h"

namespace diptych {

struct LibraryPlaces {
  Path default_file;  // may be empty or missing
  std::string default_id;
  Path folder;  // need not exist
};

struct NewModel {
  Path file;
  std::string id;      // "": from the file's name
  std::string sha256;  // "": not checked, only noted
  bool copy = false;   // else a hard link where the file system allows it
};

struct FolderStamp {  // the same: nothing was added, removed or renamed
  std::int64_t modified_ns = 0;
  bool settled = false;  // false: so young that a further change may carry the same time
  bool operator==(const FolderStamp& other) const { return modified_ns == other.modified_ns; }
};

using FileProgress = std::function<void(std::uint64_t done, std::uint64_t all)>;

class ModelLibrary {  // const and without state: every call looks at the disk
 public:
  explicit ModelLibrary(LibraryPlaces places) : places_(std::move(places)) {}

  // The default model first, the others by id.
  Result<std::vector<ModelEntry>> list() const;
  Result<ModelEntry> find(std::string_view id) const;  // kNotFound lists what there is
  // kInvalidArgument: not a GGUF file, a wrong hash or a bad id; kConflict: the id is taken,
  // or another process is changing the folder.
  Result<ModelEntry> add(const NewModel& model, const FileProgress& progress) const;
  Result<ModelEntry> remove(std::string_view id) const;  // deletes the library's own link or copy
  Result<std::optional<std::string>> known_sha256(std::string_view id) const;
  std::optional<FolderStamp> stamp() const;  // nullopt: there is no folder
  const LibraryPlaces& places() const { return places_; }

 private:
  Status check_free(std::string_view id) const;

  LibraryPlaces places_;
};

std::string model_id_of(const Path& file);  // "Tiny Llama.Q4_1.gguf" -> "tiny-llama.q4_1"
Status check_gguf(const Path& file);        // the magic and a version that is known

}  // namespace diptych
