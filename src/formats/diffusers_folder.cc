#include "formats/diffusers_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "formats/config_json.h"
#include "formats/safetensors.h"
#include "formats/sharded.h"

namespace diptych {
namespace {

constexpr std::string_view kIndexName = "model_index.json";
constexpr std::size_t kIndexBytesMax = std::size_t{1} << 20;
constexpr std::array<std::string_view, 2> kStems = {"diffusion_pytorch_model", "model"};
constexpr std::array<std::string_view, 3> kVariants = {"", ".fp16", ".bf16"};

bool is_there(const Path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

// Where one stem and variant may lie. The place of the variant in an index's name has changed over
// time, so both are looked for.
struct WeightNames {
  std::string file;
  std::vector<std::string> indexes;
};
WeightNames weight_names(std::string_view stem, std::string_view variant) {
  return {fmt::format("{}{}.safetensors", stem, variant),
          {fmt::format("{}.safetensors.index{}.json", stem, variant),
           fmt::format("{}{}.safetensors.index.json", stem, variant)}};
}

struct OpenedWeights {
  SharedWeights weights;
  std::vector<Path> files;
};

Result<std::optional<OpenedWeights>> open_named(const Path& folder, const WeightNames& names) {
  if (const Path file = folder / names.file; is_there(file)) {
    TRY(const auto opened, SafetensorsFile::open(file));
    return OpenedWeights{opened, {file}};
  }
  for (const std::string& index : names.indexes) {
    if (!is_there(folder / index)) continue;
    TRY(ShardedWeights sharded, open_shards(folder / index));
    return OpenedWeights{std::move(sharded.weights), std::move(sharded.files)};
  }
  return std::nullopt;
}

Result<OpenedWeights> open_weights(const Path& folder) {
  for (const std::string_view variant : kVariants) {
    for (const std::string_view stem : kStems) {
      TRY(auto opened, open_named(folder, weight_names(stem, variant)));
      if (opened) return std::move(*opened);
    }
  }
  for (const char* pickled : {"diffusion_pytorch_model.bin", "pytorch_model.bin"}) {
    if (!is_there(folder / pickled)) continue;
    return fail(ErrorCode::kUnsupported,
                fmt::format("{}: pickled weights can run any program and are not read; save the "
                            "model as safetensors",
                            (folder / pickled).string()));
  }
  return fail(ErrorCode::kNotFound,
              fmt::format("{}: no {}.safetensors, no {}.safetensors, no index of shards",
                          folder.string(), kStems[0], kStems[1]));
}

Result<FolderComponent> read_component(const std::string& name, const Json& value) {
  const Json::Array& pair = value.as_array();
  if (pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("component \"{}\" is no pair of a library and a class", name));
  }
  if (!is_plain_file_name(name)) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("component \"{}\" is no name of a folder", name));
  }
  return FolderComponent{name, pair[0].as_string(), pair[1].as_string()};
}

bool is_absent(const Json& value) {  // [null, null]
  return std::ranges::all_of(value.as_array(), &Json::is_null);
}

}  // namespace

const FolderComponent* DiffusersIndex::find(std::string_view name) const {
  const auto found = std::ranges::find(components, name, &FolderComponent::name);
  return found == components.end() ? nullptr : &*found;
}

Result<DiffusersIndex> parse_diffusers_index(std::string_view text) {
  TRY(const Json json, parse_config_json(text));
  DiffusersIndex index;
  index.options = Json::object();
  for (const auto& [name, value] : json.as_object()) {
    if (name == "_class_name" && value.is_string()) {
      index.class_name = value.as_string();
    } else if (!value.is_array() || name.starts_with('_')) {
      index.options.set(name, value);
    } else if (!is_absent(value)) {
      TRY(FolderComponent component, read_component(name, value));
      index.components.push_back(std::move(component));
    }
  }
  if (index.class_name.empty()) return fail(ErrorCode::kInvalidArgument, "no \"_class_name\"");
  return index;
}

Result<Path> find_diffusers_folder(const Path& path) {
  if (is_there(path / kIndexName)) return path;
  if (is_there(path / "refs" / "main")) {
    TRY(std::string revision, read_file(path / "refs" / "main", 256));
    while (!revision.empty() && revision.back() == '\n') revision.pop_back();
    if (is_plain_file_name(revision) && is_there(path / "snapshots" / revision / kIndexName)) {
      return path / "snapshots" / revision;
    }
  }
  return fail(ErrorCode::kNotFound, fmt::format("{}: no {}", path.string(), kIndexName));
}

Result<DiffusersIndex> read_diffusers_index(const Path& folder) {
  TRY(const std::string text, read_file(folder / kIndexName, kIndexBytesMax));
  auto index = parse_diffusers_index(text);
  if (index) return index;
  Error error = std::move(index).error();
  error.message = fmt::format("{}: {}", (folder / kIndexName).string(), error.message);
  return fail(std::move(error));
}

Result<ComponentFiles> open_component(const Path& folder) {
  ComponentFiles component;
  TRY(component.config, read_config_json(folder / "config.json"));
  TRY(OpenedWeights opened, open_weights(folder));
  component.weights = std::move(opened.weights);
  component.files = std::move(opened.files);
  return component;
}

}  // namespace diptych
