#include "image/models/checkpoint.h"

#include <fmt/format.h>

#include <utility>

#include "image/models/checkpoint_layouts.h"
#include "image/models/derive_config.h"
#include "image/models/detect.h"

namespace diptych {
namespace {

constexpr std::size_t kShortHash = 10;  // hex digits of A1111's "model hash"

bool is_folder(const Path& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

Result<Checkpoint> open_layout(const Path& path) {
  return is_folder(path) ? open_checkpoint_folder(path) : open_checkpoint_file(path);
}

void take_missing(Checkpoint& checkpoint, Checkpoint other) {
  for (const auto part : {&Checkpoint::unet, &Checkpoint::vae, &Checkpoint::text_encoder,
                          &Checkpoint::text_encoder_2}) {
    if (!(checkpoint.*part)) checkpoint.*part = std::move(other.*part);
  }
  if (!checkpoint.tokenizer) checkpoint.tokenizer = std::move(other.tokenizer);
  if (!checkpoint.tokenizer_2) checkpoint.tokenizer_2 = std::move(other.tokenizer_2);
  if (!checkpoint.prediction && other.prediction) {
    checkpoint.prediction = other.prediction;
    checkpoint.scheduler = std::move(other.scheduler);
  }
  checkpoint.files.insert(checkpoint.files.end(), other.files.begin(), other.files.end());
  checkpoint.warnings.insert(checkpoint.warnings.end(), other.warnings.begin(),
                             other.warnings.end());
}

Status check_complete(const Checkpoint& checkpoint) {
  const bool xl = checkpoint.family.starts_with("sdxl");
  std::vector<std::string_view> found;
  std::vector<std::string_view> missing;
  const auto look = [&](const ModelPart& part, std::string_view name) {
    (part ? found : missing).push_back(name);
  };
  look(checkpoint.unet, "unet");
  look(checkpoint.vae, "vae");
  look(checkpoint.text_encoder, "text_encoder");
  if (xl) look(checkpoint.text_encoder_2, "text_encoder_2");
  if (missing.empty()) return {};
  return fail(
      ErrorCode::kUnsupported,
      fmt::format("{}: holds {} but no {}; name a second model that has the rest",
                  checkpoint.origin.string(), fmt::join(found, ", "), fmt::join(missing, ", ")));
}

// What one part's config takes from another part or from the family.
void settle_configs(Checkpoint& checkpoint) {
  const FamilyRow* family = find_family(checkpoint.family);
  if (checkpoint.vae.config["scaling_factor"].is_null()) {
    checkpoint.vae.config.set("scaling_factor", family->latent_scale);
  }
  const Json& pooled = checkpoint.text_encoder_2.config["projection_dim"];
  if (pooled.is_int()) set_time_id_channels(checkpoint.unet.config, pooled.as_int());
}

}  // namespace

Result<Checkpoint> open_checkpoint(const Path& path, const Path& other_parts) {
  TRY(Checkpoint checkpoint, open_layout(path));
  if (!other_parts.empty()) {
    TRY(Checkpoint other, open_layout(other_parts));
    if (checkpoint.family.empty()) checkpoint.family = other.family;
    take_missing(checkpoint, std::move(other));
  }
  TRY_STATUS(check_complete(checkpoint));
  settle_configs(checkpoint);
  return checkpoint;
}

Result<ModelPart> open_vae(const Path& path) {
  std::error_code ignored;
  if (is_folder(path) && std::filesystem::exists(path / "config.json", ignored)) {
    return open_vae_folder(path);
  }
  TRY(Checkpoint checkpoint, open_layout(path));
  if (checkpoint.vae) return std::move(checkpoint.vae);
  return fail(ErrorCode::kUnsupported, fmt::format("{}: there is no VAE in it", path.string()));
}

Result<std::string> model_hash(const Checkpoint& checkpoint) {
  TRY(const std::string hash, sha256_of_file(checkpoint.files.front()));
  return hash.substr(0, kShortHash);
}

}  // namespace diptych
