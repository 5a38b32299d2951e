#include "app/commands/bench_pictures.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>

#include "app/picture_models.h"
#include "image/pipeline/autoencode.h"
#include "image/pipeline/pipeline.h"

namespace diptych {
namespace {

struct Timed {
  const Clock& clock;
  int repeats;

  // Seconds of the fastest run after a warm-up.
  Result<double> best(const std::function<Status()>& work) const {
    TRY_STATUS(work());
    double best = 1e9;
    for (int i = 0; i < repeats; ++i) {
      const Monotonic begin = clock.now();
      TRY_STATUS(work());
      best = std::min(best, std::chrono::duration<double>(clock.now() - begin).count());
    }
    return best;
  }
};

Result<double> time_text(PictureModel& model, const Timed& timed) {
  ClipTextShape shape;
  TRY(Program* const program, model.text(0, shape));
  const int channels = model.text_parts()[0].config.channels;
  const std::vector<std::int32_t> ids(77, 320);
  Tensor hidden(Shape{1, 77, channels});
  return timed.best([&] {
    return program->run(std::vector{input("ids", ids)},
                        std::vector{output("hidden", hidden.values)}, {});
  });
}

Result<double> time_unet(PictureModel& model, const PixelSize& size, const Timed& timed) {
  const int factor = model.vae_config().reduction();
  Denoiser denoiser(
      model, {.cfg_scale = 7},
      {.channels = {}, .time_ids = std::vector<float>(model.is_xl() ? 6 : 0, 512.0F)});
  const Conditioning condition{
      Tensor(Shape{77, model.unet_config().context_channels()}, 0.1F),
      model.is_xl() ? Tensor(Shape{pooled_channels(model.unet_config())}, 0.1F) : Tensor{}};
  const std::vector<StepPrompt> prompts = {{.parts = {{&condition, 1.0}}, .negative = &condition}};
  const Tensor64 x(Shape{1, 4, size.height / factor, size.width / factor}, 0.5);
  return timed.best([&]() -> Status {
    TRY(const Tensor answer, denoiser.answer(x, {.sigma = 3, .timestep = 700}, prompts, {}));
    return {};
  });
}

Result<double> time_vae(PictureModel& model, const PixelSize& size, const Timed& timed) {
  const int factor = model.vae_config().reduction();
  const Tensor latents(
      Shape{1, model.vae_config().latent_channels, size.height / factor, size.width / factor},
      0.3F);
  return timed.best([&]() -> Status {
    TRY(const Tensor image, decode_latents(model, latents, {}, {}));
    return {};
  });
}

double peak_rss_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

}  // namespace

Result<Report> bench_pictures(const AppConfig& config, const PictureBenchOptions& options) {
  TRY(const LocalPictures local,
      open_local_pictures(config, {options.model, options.devices, options.precision}));
  TRY(const PixelSize size, parse_pixel_size(options.size));
  PictureModel& model = *local.model;
  const Timed timed{system_clock(), options.repeats};
  TRY(const double text, time_text(model, timed));
  model.release_text_programs();
  TRY(const double unet, time_unet(model, size, timed));
  TRY(const double vae, time_vae(model, size, timed));

  Pipeline pipeline(model);
  ImageRequest request{.prompt = "a cat on a mat",
                       .width = size.width,
                       .height = size.height,
                       .steps = 1,
                       .seed = 1};
  TRY(const Drawing warm_up, pipeline.draw(request, {}));
  request.steps = options.steps;
  TRY(const Drawing drawing, pipeline.draw(request, {}));
  Report report;
  report.json = Json::object({{"text", text},
                              {"unet", unet},
                              {"vae", vae},
                              {"picture", drawing.times.in_all},
                              {"picture_encode_prompt", drawing.times.encode_prompt},
                              {"picture_denoise", drawing.times.denoise},
                              {"picture_decode", drawing.times.decode},
                              {"rss_mib", peak_rss_mib()},
                              {"device", model.choice(Module::kUnet).device.id},
                              {"precision", name_of(model.choice(Module::kUnet).precision)}});
  report.text = fmt::format(
      "text {:.3f} s · UNet pair {:.3f} s · decode {:.3f} s · {} steps in all {:.2f} s · {:.0f} "
      "MiB "
      "· {} {}\n",
      text, unet, vae, options.steps, drawing.times.in_all, peak_rss_mib(),
      model.choice(Module::kUnet).device.id, name_of(model.choice(Module::kUnet).precision));
  return report;
}

}  // namespace diptych
