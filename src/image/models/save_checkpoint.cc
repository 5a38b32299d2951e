#include "image/models/save_checkpoint.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "formats/safetensors_writer.h"
#include "image/models/key_map.h"
#include "image/models/key_rules.h"
#include "tokenizer/clip_vocabulary.h"

namespace diptych {
namespace {

constexpr std::size_t kTokenizerBytesMax = std::size_t{64} << 20;

struct PartRow {
  std::string_view name;
  std::string_view library, class_name;  // of model_index.json
  std::string_view file;
  ModelPart Checkpoint::* part;
};
constexpr PartRow kParts[] = {
    {"unet", "diffusers", "UNet2DConditionModel", "diffusion_pytorch_model.safetensors",
     &Checkpoint::unet},
    {"vae", "diffusers", "AutoencoderKL", "diffusion_pytorch_model.safetensors", &Checkpoint::vae},
    {"text_encoder", "transformers", "CLIPTextModel", "model.safetensors",
     &Checkpoint::text_encoder},
    {"text_encoder_2", "transformers", "CLIPTextModelWithProjection", "model.safetensors",
     &Checkpoint::text_encoder_2},
};

bool is_xl(const Checkpoint& checkpoint) { return checkpoint.family.starts_with("sdxl"); }

// Adds up the progress of several files.
class Progress {
 public:
  Progress(const Checkpoint& checkpoint, const SaveOptions& options) : options_(options) {
    for (const PartRow& row : kParts) {
      if (const ModelPart& part = checkpoint.*row.part) in_all_ += part.weights->bytes_in_all();
    }
  }
  SafetensorsOptions next_file() {
    return {.metadata = {{"format", "pt"}},
            .dtype = options_.dtype,
            .progress = [this, before = done_](std::uint64_t done, std::uint64_t) {
              done_ = before + done;
              if (options_.progress) options_.progress(done_, in_all_);
            }};
  }

 private:
  const SaveOptions& options_;
  std::uint64_t in_all_ = 0;
  std::uint64_t done_ = 0;
};

std::string class_of_pipeline(const Checkpoint& checkpoint) {
  const bool inpaint = checkpoint.family.ends_with("-inpaint");
  return fmt::format("StableDiffusion{}{}Pipeline", is_xl(checkpoint) ? "XL" : "",
                     inpaint ? "Inpaint" : "");
}

// A part's own class, where its config says one.
std::string_view class_of_part(const PartRow& row, const ModelPart& part) {
  if (const Json& name = part.config["_class_name"]; name.is_string()) return name.as_string();
  const Json& names = part.config["architectures"];
  if (names.is_array() && !names.as_array().empty() && names[0].is_string()) {
    return names[0].as_string();
  }
  return row.class_name;
}

Json pipeline_index(const Checkpoint& checkpoint) {
  Json index = Json::object({{"_class_name", class_of_pipeline(checkpoint)}});
  const auto add = [&](std::string_view name, std::string_view library, std::string_view what) {
    index.set(name, Json::array({library, what}));
  };
  if (is_xl(checkpoint)) {
    index.set("force_zeros_for_empty_prompt", true);
  } else {
    for (const std::string_view absent : {"feature_extractor", "safety_checker"}) {
      index.set(absent, Json::array({nullptr, nullptr}));
    }
    index.set("requires_safety_checker", false);
  }
  const Json& scheduler = checkpoint.scheduler["_class_name"];
  add("scheduler", "diffusers", scheduler.is_string() ? scheduler.as_string() : "DDIMScheduler");
  for (const PartRow& row : kParts) {
    const ModelPart& part = checkpoint.*row.part;
    if (part) add(row.name, row.library, class_of_part(row, part));
  }
  add("tokenizer", "transformers", "CLIPTokenizer");
  if (is_xl(checkpoint)) add("tokenizer_2", "transformers", "CLIPTokenizer");
  return index;
}

Status write_json(const Path& path, const Json& json) {
  return write_file_atomically(path, dump_json_pretty(json));
}

Status copy_small(const Path& from, const Path& to) {
  TRY(const std::string bytes, read_file(from, kTokenizerBytesMax));
  return write_file_atomically(to, bytes);
}

// CLIP's own vocabulary, as the published models have it. `pad`: token 0 ("!") pads for OpenCLIP.
Status write_builtin_tokenizer(const Path& folder, std::string_view pad) {
  const ClipVocabulary vocabulary = builtin_clip_vocabulary();
  Json ids = Json::object();
  Json::Object& members = ids.as_object();
  for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    members.push_back({vocabulary.tokens[id], static_cast<std::int64_t>(id)});
  }
  std::string merges = "#version: 0.2\n";
  for (const BytePairMerge& merge : vocabulary.merges) {
    const auto token = [&](int id) -> std::string_view {
      return vocabulary.tokens[static_cast<std::size_t>(id)];
    };
    merges += fmt::format("{} {}\n", token(merge.left), token(merge.right));
  }
  TRY_STATUS(write_file_atomically(folder / "vocab.json", dump_json(ids)));
  TRY_STATUS(write_file_atomically(folder / "merges.txt", merges));
  return write_json(folder / "tokenizer_config.json",
                    Json::object({{"bos_token", "<|startoftext|>"},
                                  {"do_lower_case", true},
                                  {"eos_token", "<|endoftext|>"},
                                  {"errors", "replace"},
                                  {"model_max_length", 77},
                                  {"pad_token", pad},
                                  {"tokenizer_class", "CLIPTokenizer"},
                                  {"unk_token", "<|endoftext|>"}}));
}

struct TokenizerRow {
  std::string_view name;
  std::optional<TokenizerFiles> Checkpoint::* files;
  ModelPart Checkpoint::* encoder;
};
constexpr TokenizerRow kTokenizers[] = {
    {"tokenizer", &Checkpoint::tokenizer, &Checkpoint::text_encoder},
    {"tokenizer_2", &Checkpoint::tokenizer_2, &Checkpoint::text_encoder_2},
};

Status save_tokenizer(const Checkpoint& checkpoint, const TokenizerRow& row, const Path& folder,
                      Warnings& warnings) {
  const ModelPart& encoder = checkpoint.*row.encoder;
  if (!encoder) return {};
  if (const auto& files = checkpoint.*row.files) {
    TRY_STATUS(make_directories(folder));
    TRY_STATUS(copy_small(files->vocabulary, folder / "vocab.json"));
    TRY_STATUS(copy_small(files->merges, folder / "merges.txt"));
    if (files->config.empty()) return {};
    return copy_small(files->config, folder / "tokenizer_config.json");
  }
  if (encoder.config["vocab_size"] ==
      Json(static_cast<std::int64_t>(builtin_clip_vocabulary().tokens.size()))) {
    TRY_STATUS(make_directories(folder));
    const bool open = encoder.config["pad_token_id"] == Json(0);
    return write_builtin_tokenizer(folder, open ? "!" : "<|endoftext|>");
  }
  warnings.push_back({std::string(row.name),
                      fmt::format("{} is not written: the model has no tokenizer files and a "
                                  "vocabulary of its own",
                                  row.name)});
  return {};
}

struct OriginalPart {
  std::string_view prefix;
  std::vector<KeyRule> rules;
};

OriginalPart original_part(const Checkpoint& checkpoint, const PartRow& row) {
  const TensorNames names(*(checkpoint.*row.part).weights);
  if (row.part == &Checkpoint::unet) {
    return {"model.diffusion_model.", unet_key_rules(diffusers_unet_layout(names))};
  }
  if (row.part == &Checkpoint::vae) {
    return {"first_stage_model.", vae_key_rules(diffusers_vae_layout(names))};
  }
  const int layers = names.count("text_model.encoder.layers.", ".");
  if (row.part == &Checkpoint::text_encoder_2) {
    return {"conditioner.embedders.1.model.", open_clip_key_rules(layers)};
  }
  if (is_xl(checkpoint)) return {"conditioner.embedders.0.transformer.", clip_key_rules()};
  if (checkpoint.family.starts_with("sd2")) {
    return {"cond_stage_model.model.", open_clip_key_rules(layers)};
  }
  return {"cond_stage_model.transformer.", clip_key_rules()};
}

void add_metadata(const Checkpoint& checkpoint, SafetensorsMetadata& metadata) {
  for (const PartRow& row : kParts) {
    const ModelPart& part = checkpoint.*row.part;
    if (part) metadata.emplace(fmt::format("diptych.{}", row.name), dump_json(part.config));
  }
  metadata.emplace("diptych.scheduler", dump_json(checkpoint.scheduler));
  if (checkpoint.prediction == Prediction::kEpsilon) {
    metadata.emplace("modelspec.prediction_type", "epsilon");
  } else if (checkpoint.prediction == Prediction::kV) {
    metadata.emplace("modelspec.prediction_type", "v");
  }
}

// The empty tensors by which other programs know such models.
void add_markers(const Checkpoint& checkpoint, WeightViewBuilder& file) {
  if (!is_xl(checkpoint) || checkpoint.prediction != Prediction::kV) return;
  file.add_owned("v_pred", DType::kF32, Shape{0}, {});
  if (checkpoint.zero_terminal_snr) file.add_owned("ztsnr", DType::kF32, Shape{0}, {});
}

}  // namespace

Result<Warnings> save_folder(const Checkpoint& checkpoint, const Path& folder,
                             const SaveOptions& options) {
  Progress progress(checkpoint, options);
  for (const PartRow& row : kParts) {
    const ModelPart& part = checkpoint.*row.part;
    if (!part) continue;
    const Path of_part = folder / row.name;
    TRY_STATUS(make_directories(of_part));
    TRY_STATUS(write_json(of_part / "config.json", part.config));
    TRY_STATUS(write_safetensors(of_part / row.file, *part.weights, progress.next_file()));
  }
  Warnings warnings;
  for (const TokenizerRow& row : kTokenizers) {
    TRY_STATUS(save_tokenizer(checkpoint, row, folder / row.name, warnings));
  }
  TRY_STATUS(make_directories(folder / "scheduler"));
  TRY_STATUS(write_json(folder / "scheduler" / "scheduler_config.json", checkpoint.scheduler));
  TRY_STATUS(write_json(folder / "model_index.json", pipeline_index(checkpoint)));
  return warnings;
}

Status save_single_file(const Checkpoint& checkpoint, const Path& file,
                        const SaveOptions& options) {
  WeightViewBuilder all;
  for (const PartRow& row : kParts) {
    const ModelPart& part = checkpoint.*row.part;
    if (!part) continue;
    OriginalPart original = original_part(checkpoint, row);
    TRY_STATUS(
        map_to_original(KeyMap(std::move(original.rules)), part.weights, original.prefix, all));
  }
  add_markers(checkpoint, all);
  TRY(const SharedWeights weights, std::move(all).finish());
  Progress progress(checkpoint, options);
  SafetensorsOptions written = progress.next_file();
  add_metadata(checkpoint, written.metadata);
  return write_safetensors(file, *weights, written);
}

}  // namespace diptych
