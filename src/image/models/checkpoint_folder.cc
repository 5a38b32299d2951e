// A diffusers folder: every part has its own folder with its own config.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "formats/config_json.h"
#include "formats/diffusers_folder.h"
#include "image/models/checkpoint_layouts.h"
#include "image/models/detect.h"
#include "image/models/key_map.h"
#include "image/models/key_rules.h"

namespace diptych {
namespace {

struct PartRow {
  std::string_view name;
  std::array<std::string_view, 2> classes;
  ModelPart Checkpoint::* part;
};
constexpr PartRow kParts[] = {
    {"unet", {"UNet2DConditionModel", ""}, &Checkpoint::unet},
    {"vae", {"AutoencoderKL", "AutoencoderTiny"}, &Checkpoint::vae},
    {"text_encoder", {"CLIPTextModel", "CLIPTextModelWithProjection"}, &Checkpoint::text_encoder},
    {"text_encoder_2",
     {"CLIPTextModelWithProjection", "CLIPTextModel"},
     &Checkpoint::text_encoder_2},
};

Status check_components(const Path& folder, const DiffusersIndex& index) {
  if (!index.find("unet")) {
    std::vector<std::string_view> names;
    for (const FolderComponent& component : index.components) names.push_back(component.name);
    return fail(ErrorCode::kUnsupported,
                fmt::format("{}: a {} has no part \"unet\" (it has: {}) and is not supported",
                            folder.string(), index.class_name, fmt::join(names, ", ")));
  }
  for (const PartRow& row : kParts) {
    const FolderComponent* component = index.find(row.name);
    if (component == nullptr) continue;
    if (std::ranges::find(row.classes, component->class_name) != row.classes.end()) continue;
    return fail(ErrorCode::kUnsupported,
                fmt::format("{}: the {} is a {}; supported is {}", folder.string(), row.name,
                            component->class_name, row.classes[0]));
  }
  return {};
}

// Names differ between versions of the libraries: they become today's, and what no part uses
// (position_ids) is left out.
Result<SharedWeights> today(std::vector<KeyRule> rules, const SharedWeights& weights) {
  std::vector<std::string> unused;
  return map_to_diffusers(KeyMap(std::move(rules)), weights, "", unused);
}

Result<SharedWeights> with_todays_names(const PartRow& row, const SharedWeights& weights) {
  if (row.part == &Checkpoint::unet) return weights;
  if (row.part == &Checkpoint::vae) return today(early_vae_key_rules(), weights);
  const bool level = TensorNames(*weights).has_any("text_model.");
  return today(clip_key_rules(level ? "text_model" : ""), weights);
}

Status open_part(const Path& folder, const PartRow& row, Checkpoint& checkpoint) {
  TRY(ComponentFiles files, open_component(folder / row.name));
  ModelPart& part = checkpoint.*row.part;
  TRY(part.weights, with_todays_names(row, files.weights));
  part.config = std::move(files.config);
  part.files = files.files;
  checkpoint.files.insert(checkpoint.files.end(), files.files.begin(), files.files.end());
  return {};
}

std::optional<TokenizerFiles> find_tokenizer(const Path& folder, Warnings& warnings) {
  const auto there = [](const Path& path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
  };
  TokenizerFiles files{folder / "vocab.json", folder / "merges.txt", {}};
  if (there(folder / "tokenizer_config.json")) files.config = folder / "tokenizer_config.json";
  if (there(files.vocabulary) && there(files.merges)) return files;
  if (there(folder)) {
    warnings.push_back(
        {folder.filename().string(),
         fmt::format("{}: no vocab.json and merges.txt; CLIP's own vocabulary is used",
                     folder.string())});
  }
  return std::nullopt;
}

Status read_scheduler(const Path& folder, Checkpoint& checkpoint) {
  TRY(checkpoint.scheduler, read_config_json(folder / "scheduler" / "scheduler_config.json"));
  const Json& type = checkpoint.scheduler["prediction_type"];
  checkpoint.prediction = Prediction::kEpsilon;  // diffusers' default
  if (type.is_string()) {
    TRY(checkpoint.prediction, parse_prediction(type.as_string()));
  }
  const Json& rescaled = checkpoint.scheduler["rescale_betas_zero_snr"];
  checkpoint.zero_terminal_snr = rescaled.is_bool() && rescaled.as_bool();
  return {};
}

}  // namespace

Result<Checkpoint> open_checkpoint_folder(const Path& path) {
  TRY(const Path folder, find_diffusers_folder(path));
  TRY(const DiffusersIndex index, read_diffusers_index(folder));
  TRY_STATUS(check_components(folder, index));
  Checkpoint checkpoint;
  checkpoint.origin = path;
  for (const PartRow& row : kParts) {
    if (index.find(row.name)) TRY_STATUS(open_part(folder, row, checkpoint));
  }
  TRY(const FamilyRow* family, detect_unet(*checkpoint.unet.weights));
  checkpoint.family = family->name;
  TRY_STATUS(read_scheduler(folder, checkpoint));
  checkpoint.tokenizer = find_tokenizer(folder / "tokenizer", checkpoint.warnings);
  checkpoint.tokenizer_2 = find_tokenizer(folder / "tokenizer_2", checkpoint.warnings);
  return checkpoint;
}

Result<ModelPart> open_vae_folder(const Path& folder) {
  TRY(ComponentFiles files, open_component(folder));
  ModelPart part;
  TRY(part.weights, today(early_vae_key_rules(), files.weights));
  part.config = std::move(files.config);
  return part;
}

}  // namespace diptych
