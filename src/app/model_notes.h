#pragma once
// models.json in the models folder: what `models add` knows about a file that its name does not
// say.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file.h"

namespace diptych {

struct ModelNote {
  std::string id;
  std::string file;  // name within the folder
  std::string sha256;
  std::int64_t added = 0;  // unix seconds
};

class ModelNotes {
 public:
  const ModelNote* find_id(std::string_view id) const;
  const ModelNote* find_file(std::string_view file) const;
  void put(ModelNote note);  // replaces the one with its id
  void erase(std::string_view id);
  const std::vector<ModelNote>& all() const { return notes_; }

 private:
  std::vector<ModelNote> notes_;
};

// No file: no notes. kInvalidArgument: the file is broken; says where.
Result<ModelNotes> read_model_notes(const Path& folder);
Status write_model_notes(const Path& folder, const ModelNotes& notes);

}  // namespace diptych
