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
  std::function<int()> threads;  // asked before each run; empty: all cores
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
  static Result<std::unique_ptr<PictureModel>> open(const Path& path, const ModelSettings& settings,
                                                    const Backends& backends);

  const Checkpoint& checkpoint() const { return checkpoint_; }
  const UnetConfig& unet_config() const { return unet_; }
  const KlVaeConfig& vae_config() const { return vae_; }
  const std::vector<TextPart>& text_parts() const { return text_; }
  const NoiseSchedule& schedule() const { return *schedule_; }
  const SchedulerConfig& scheduler() const { return *scheduler_; }
  Prediction prediction() const { return prediction_; }
  bool is_xl() const { return unet_.text_time.has_value(); }
  std::string name() const;  // the file's or folder's stem: "Model" in infotext
  const Warnings& warnings() const { return warnings_; }
  const DeviceChoice& choice(Module module) const {
    return choices_[static_cast<std::size_t>(module)];
  }
  MemoryUse memory() const { return programs_.memory(); }
  int compile_count() const { return programs_.compile_count(); }

  // Prompts are encoded: of a large model, the encoders' packed weights make room for the UNet's.
  // Their encodings are kept elsewhere (TextEncoder), and compiling them again takes a fraction of
  // a step. Small models keep everything.
  void release_text_programs();

  Result<Program*> unet(const UnetShape& shape);
  Result<Program*> text(int part, const ClipTextShape& shape);
  Result<Program*> vae_encoder(const VaeShape& shape);
  Result<Program*> vae_decoder(const VaeShape& shape);

 private:
  bool is_small() const;
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
  ProgramCache programs_;
};

}  // namespace diptych
