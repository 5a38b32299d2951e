#pragma once
// A checkpoint made ready to draw: its parts' configurations, the devices they run on, its
// programs. Compiles a program when a shape is first wanted.

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "compute/backend.h"
#include "compute/backends/backends.h"
#include "image/diffusion/noise_schedule.h"
#include "image/models/checkpoint.h"
#include "image/models/clip_text.h"
#include "image/models/kl_vae.h"
#include "image/models/unet.h"
#include "image/pipeline/program_cache.h"
#include "image/samplers/scheduler_config.h"
#include "tokenizer/clip_bpe.h"

namespace diptych {

struct ModelSettings {
  std::string devices = "auto";        // see compute/backends/backends.h
  std::optional<Precision> precision;  // none: the device's fastest
  std::uint64_t program_bytes_max = std::uint64_t{8} << 30;
  // Programs of several models in one bound, parts that models share compiled once; null: of this
  // model alone, within program_bytes_max.
  std::shared_ptr<ProgramCache> programs = nullptr;
  // A model whose parts' weights are at most this keeps all its programs; of a larger one, text
  // encoders and autoencoder make room for each other.
  std::uint64_t roomy_bytes = std::uint64_t{512} << 20;
  std::function<int()> threads = {};  // asked before each run; empty: all cores
  // SHA-256 of a file of weights, for infotext's "Model hash"; empty: it is left out.
  std::function<Result<std::string>(const Path&)> sha256_of = {};
};

// One text encoder with what it needs.
struct TextPart {
  ClipTextConfig config;
  ClipTokenizer tokenizer;
  int padding_id = 0;
  std::shared_ptr<const WeightSource> weights;
};

class PictureModel {  // one owner thread
 public:
  // `other_parts`: as open_checkpoint().
  static Result<std::unique_ptr<PictureModel>> open(const Path& path, const ModelSettings& settings,
                                                    const Backends& backends,
                                                    const Path& other_parts = {});

  const Checkpoint& checkpoint() const { return checkpoint_; }
  const UnetConfig& unet_config() const { return unet_; }
  const KlVaeConfig& vae_config() const { return vae_; }
  const std::vector<TextPart>& text_parts() const { return text_; }
  const NoiseSchedule& schedule() const { return *schedule_; }
  const SchedulerConfig& scheduler() const { return *scheduler_; }
  Prediction prediction() const { return prediction_; }
  bool is_xl() const { return unet_.text_time.has_value(); }
  std::string name() const;  // the file's or folder's stem: "Model" in infotext
  // "Model hash" of infotext: ten digits of the SHA-256 of the UNet's (first) file; "" where the
  // settings ask for none. The first call may read that file from end to end.
  Result<std::string> short_hash();
  const Warnings& warnings() const { return warnings_; }
  const DeviceChoice& choice(Module module) const {
    return choices_[static_cast<std::size_t>(module)];
  }
  int compile_count() const { return programs_->compile_count(); }
  bool is_resident() const { return programs_->has_any(prefixes_.unet); }  // its UNet is compiled
  std::uint64_t weight_bytes() const;  // of all parts, as stored
  std::string identity() const;  // of its weights' files and configs: another one draws otherwise
  // Called before (true) and after (false) a program is compiled, which may take seconds.
  void on_compile(std::function<void(bool begins)> listener) { on_compile_ = std::move(listener); }

  // Prompts are encoded: of a large model, the encoders' packed weights make room for the UNet's.
  // Their encodings are kept elsewhere (TextEncoder), and compiling them again takes a fraction of
  // a step. Models within roomy_bytes keep everything.
  void release_text_programs();
  void release_programs();  // all, also those that another model shares

  Result<Program*> unet(const UnetShape& shape);
  Result<Program*> text(int part, const ClipTextShape& shape);
  Result<Program*> vae_encoder(const VaeShape& shape);
  Result<Program*> vae_decoder(const VaeShape& shape);
  // Of a part that is not the checkpoint's, on the autoencoder's device. `key`: what it computes.
  Result<Program*> program_beside(const ModelPart& part, const std::string& key,
                                  const std::function<Result<Graph>()>& build);

 private:
  struct Prefixes {  // of the keys of a part's programs: alike for parts that are the same
    std::string unet, vae, text[2];
  };
  bool is_roomy() const { return weight_bytes() <= settings_.roomy_bytes; }
  std::string prefix_of(Module module, const ModelPart& part) const;
  PictureModel(const ModelSettings& settings, Checkpoint checkpoint);
  Status read_configs();
  Status choose_devices(const Backends& backends);
  CompileOptions options_for(Module module) const;
  Result<Program*> program(const std::string& key, Module module, const ModelPart& part,
                           const std::function<Result<Graph>()>& build);

  ModelSettings settings_;
  Checkpoint checkpoint_;
  UnetConfig unet_;
  KlVaeConfig vae_;
  std::vector<TextPart> text_;
  std::optional<SchedulerConfig> scheduler_;
  std::optional<NoiseSchedule> schedule_;
  Prediction prediction_ = Prediction::kEpsilon;
  std::array<DeviceChoice, kModuleCount> choices_;
  Warnings warnings_;
  std::shared_ptr<ProgramCache> programs_;
  Prefixes prefixes_;
  std::function<void(bool)> on_compile_;
  std::optional<std::string> short_hash_;
};

}  // namespace diptych
