#pragma once
// The picture models on disk: the default model, and the diffusers folders and checkpoint files of
// the models folder. What a file is, its tensors say; one that cannot be used is listed with what
// is wrong. No weight is read.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/mutex.h"
#include "jobs/pictures/file_hashes.h"
#include "jobs/pictures/picture_catalog.h"

namespace diptych {

struct PicturePlaces {
  Path default_model;  // may be empty or missing
  std::string default_id;
  Path folder;  // need not exist
};

struct FoundPictureModel {
  PictureModelEntry entry;
  Path other_parts;  // a model that gives what this file lacks; empty: it lacks nothing
  Path hashed_file;  // whose SHA-256 is the model's: the UNet's (first)
};

class PictureLibrary {  // safe from any thread
 public:
  PictureLibrary(PicturePlaces places, const FileHashes& hashes);

  // The default model first, the others by id. Looks at the folder again when it has changed.
  std::vector<FoundPictureModel> list();
  // By id, title, file name, path or hash. kNotFound lists what there is.
  Result<FoundPictureModel> find(std::string_view name);
  std::string default_model();  // else the first that can be used; "" if there is none
  void refresh();
  const Path& folder() const { return places_.folder; }

 private:
  struct Seen {  // of one file or folder, when it was last read
    std::string stamp;
    FoundPictureModel model;
    bool is_listed = true;  // false: a language model
  };

  void look() REQUIRES(mutex_);
  bool has_changed() const REQUIRES(mutex_);
  Seen read(const Path& path, const std::string& stamp) const;

  const PicturePlaces places_;
  const FileHashes& hashes_;
  Mutex mutex_;
  std::map<Path, Seen> seen_ GUARDED_BY(mutex_);
  std::vector<Path> order_ GUARDED_BY(mutex_);
  std::string folder_stamp_ GUARDED_BY(mutex_);
  bool looked_ GUARDED_BY(mutex_) = false;
};

// "My Model.v2.safetensors" → "my-model.v2"
std::string picture_model_id(const Path& path);

}  // namespace diptych
