#include "app/picture_flags.h"

namespace diptych {
namespace {

void add_device_flags(CLI::App& command, std::string& devices, std::string& precision) {
  command
      .add_option("--device", devices,
                  "Where it runs: auto, openvino:cpu, ggml:cuda0, unet=ggml:cuda0,vae=…")
      ->capture_default_str();
  command.add_option("--precision", precision, "f32, bf16, f16 [the device's fastest]");
}

}  // namespace

void add_draw_flags(CLI::App& command, DrawOptions& options) {
  command.add_option("prompt", options.prompt, "What to draw")->required();
  command.add_option("-o,--output", options.output, "File; its ending decides the format")
      ->capture_default_str();
  command.add_option("--model", options.model,
                     "Model id, diffusers folder or checkpoint file [the default picture model]");
  command.add_option("--negative", options.negative, "What not to draw");
  command.add_option("--size", options.size,
                     "WIDTHxHEIGHT in pixels [that of --init, else the model's own]");
  command.add_option("--steps", options.steps, "Denoising steps [the model's own, else 20]");
  command.add_option("--cfg", options.cfg_scale, "How closely to follow the prompt [7]");
  command.add_option("--seed", options.seed, "The same seed gives the same picture [random]");
  command.add_option("--sampler", options.sampler, "See diptych samplers [the model's own]");
  command.add_option("--schedule", options.schedule, "Sigma schedule [the sampler's own]");
  command.add_option("--count", options.count, "Pictures, with seeds that follow each other")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command.add_option("--clip-skip", options.clip_skip, "1: the text encoder's last layer")
      ->capture_default_str();
  command.add_option("--init", options.init, "Picture to start from");
  command.add_option("--mask", options.mask, "White where the init picture is drawn anew");
  command.add_option("--strength", options.strength, "How far to leave the init picture, 0 to 1")
      ->capture_default_str();
  command.add_flag("--force", options.force, "Replace the file");
  add_device_flags(command, options.devices, options.precision);
}

void add_picture_bench_flags(CLI::App& command, PictureBenchOptions& options) {
  command.add_option("model", options.model, "Folder or file [the default picture model]");
  command.add_option("--size", options.size, "WIDTHxHEIGHT in pixels")->capture_default_str();
  command.add_option("--steps", options.steps, "Of the whole picture")
      ->check(CLI::Range(1, 500))
      ->capture_default_str();
  command.add_option("--repeats", options.repeats, "The best one counts")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  add_device_flags(command, options.devices, options.precision);
}

}  // namespace diptych
