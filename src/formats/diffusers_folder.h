#pragma once
// A model as diffusers saves it: model_index.json names the components, each a folder with its
// config and weights. Everything is read as data: no class or file that a config names is run.

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "formats/weight_view.h"

namespace diptych {

struct FolderComponent {
  std::string name;        // "unet": also the name of its folder
  std::string library;     // "diffusers", "transformers"
  std::string class_name;  // "UNet2DConditionModel"
};

struct DiffusersIndex {
  std::string class_name;                   // "StableDiffusionPipeline"
  std::vector<FolderComponent> components;  // those that are there: [null, null] is left out
  Json options;                             // every other member

  const FolderComponent* find(std::string_view name) const;
};

Result<DiffusersIndex> parse_diffusers_index(std::string_view text);

// The folder of the model itself: `path`, or the snapshot that refs/main names where `path` is a
// model's folder in a hub cache. Errors: no model_index.json (kNotFound).
Result<Path> find_diffusers_folder(const Path& path);
Result<DiffusersIndex> read_diffusers_index(const Path& folder);

struct ComponentFiles {
  Json config;  // config.json
  SharedWeights weights;
  std::vector<Path> files;  // of weights
};
// `folder`/config.json and its weights: plain before fp16 before bf16, one file or shards. Errors:
// kUnsupported where there are only pickled weights (.bin).
Result<ComponentFiles> open_component(const Path& folder);

}  // namespace diptych
