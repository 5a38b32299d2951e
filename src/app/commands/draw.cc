#include "app/commands/draw.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/picture_models.h"
#include "app/progress_bar.h"
#include "app/signals.h"
#include "base/log.h"
#include "base/rng.h"
#include "image/pipeline/model_defaults.h"
#include "image/pipeline/pipeline.h"

namespace diptych {
namespace {

constexpr int kSideMax = 4096;
constexpr std::size_t kPictureFileBytesMax = std::size_t{256} << 20;

Result<Picture> read_picture(const Path& path) {
  TRY(const std::string bytes, read_file(path, kPictureFileBytesMax));
  auto decoded = decode_picture(bytes);
  if (!decoded) return fail(decoded.error().code, path.string() + ": " + decoded.error().message);
  for (const Warning& warning : decoded->warnings)
    log_warn("{}: {}", path.string(), warning.message);
  return std::move(decoded->picture);
}

Result<PictureFormat> format_of(const Path& path) {
  const std::string ending = path.extension().string();
  if (const auto format = find_picture_format(ending.empty() ? "" : ending.substr(1)))
    return *format;
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("'{}' does not end in .png, .jpg or .webp", path.string()), "output");
}

Status add_init(ImageRequest& request, const DrawOptions& options) {
  if (options.init.empty()) {
    if (options.mask.empty()) return {};
    return fail(ErrorCode::kInvalidArgument, "--mask needs --init, the picture it masks", "mask");
  }
  InitImage init{.denoising_strength = options.strength};
  TRY(init.picture, read_picture(options.init));
  if (!options.mask.empty()) {
    Inpaint inpaint;
    TRY(inpaint.mask, read_picture(options.mask));
    init.inpaint = std::move(inpaint);
  }
  request.init = std::move(init);
  return {};
}

// The nearest size that a model can draw.
PixelSize size_like(const Picture& picture, int multiple) {
  const auto nearest = [multiple](int side) {
    return std::clamp((side + multiple / 2) / multiple * multiple, 8 * multiple, kSideMax);
  };
  return {nearest(picture.width), nearest(picture.height)};
}

Result<PixelSize> size_of(const DrawOptions& options, const ImageRequest& request,
                          const PictureModel& model, const ModelDefaults& defaults) {
  if (!options.size.empty()) return parse_pixel_size(options.size);
  if (request.init) return size_like(request.init->picture, model.vae_config().reduction());
  return PixelSize{defaults.width, defaults.height};
}

Result<ImageRequest> make_request(const DrawOptions& options, const PictureModel& model) {
  TRY(const ModelDefaults defaults, defaults_of(model));
  ImageRequest request{
      .prompt = options.prompt,
      .negative_prompt = options.negative,
      .steps = options.steps.value_or(defaults.steps),
      .cfg_scale = options.cfg_scale.value_or(defaults.cfg_scale),
      .seed = options.seed ? *options.seed : static_cast<std::int64_t>(entropy64() & 0xFFFFFFFFU),
      .batch_count = options.count,
      .sampler = options.sampler,
      .schedule = options.schedule,
      .clip_skip = options.clip_skip};
  TRY_STATUS(add_init(request, options));
  TRY(const PixelSize size, size_of(options, request, model, defaults));
  request.width = size.width;
  request.height = size.height;
  return request;
}

// picture.png, picture-2.png, …
Path numbered(const Path& path, std::size_t index) {
  if (index == 0) return path;
  return path.parent_path() /
         fmt::format("{}-{}{}", path.stem().string(), index + 1, path.extension().string());
}

// Before anything is drawn: minutes may pass until the file is written.
Status check_output(const DrawOptions& options) {
  const Path folder = options.output.parent_path();
  std::error_code ignored;
  if (!folder.empty() && !std::filesystem::is_directory(folder, ignored))
    return fail(ErrorCode::kNotFound, fmt::format("there is no folder '{}'", folder.string()),
                "output");
  if (options.force) return {};
  for (int i = 0; i < options.count; ++i) {
    const Path path = numbered(options.output, static_cast<std::size_t>(i));
    if (std::filesystem::exists(path, ignored))
      return fail(ErrorCode::kConflict,
                  path.string() + " exists already; choose another name or give --force", "output");
  }
  return {};
}

Result<Report> write_pictures(const Drawing& drawing, const DrawOptions& options,
                              PictureFormat format) {
  Report report;
  Json::Array pictures;
  Warnings warnings = drawing.warnings;
  for (std::size_t i = 0; i < drawing.pictures.size(); ++i) {
    const DrawnPicture& drawn = drawing.pictures[i];
    PictureEncoding encoding{.format = format, .quality = 95};
    encoding.texts.push_back({std::string(kParametersKeyword), drawn.infotext});
    TRY(const EncodedPicture file, encode_picture(drawn.picture, encoding));
    warnings.insert(warnings.end(), file.warnings.begin(), file.warnings.end());
    const Path path = numbered(options.output, i);
    TRY_STATUS(write_file_atomically(path, file.bytes));
    report.text += fmt::format("{}  seed {}\n", path.string(), drawn.seed);
    pictures.push_back(Json::object({{"file", path.string()},
                                     {"seed", drawn.seed},
                                     {"width", drawn.picture.width},
                                     {"height", drawn.picture.height},
                                     {"infotext", drawn.infotext}}));
  }
  Json::Array told;
  for (const Warning& warning : warnings) {
    report.text += "warning: " + warning.message + "\n";
    told.push_back(Json::object({{"param", warning.param}, {"message", warning.message}}));
  }
  report.text += fmt::format("{:.2f} s: {:.2f} denoising, {:.2f} decoding, {:.2f} preparing\n",
                             drawing.times.in_all, drawing.times.denoise, drawing.times.decode,
                             drawing.times.encode_prompt);
  report.json = Json::object({{"pictures", std::move(pictures)},
                              {"warnings", std::move(told)},
                              {"seconds", drawing.times.in_all}});
  return report;
}

}  // namespace

Result<Report> draw(const AppConfig& config, const DrawOptions& options) {
  TRY(const auto signals, SignalSource::open());
  TRY(const PictureFormat format, format_of(options.output));
  TRY_STATUS(check_output(options));
  TRY(const LocalPictures local,
      open_local_pictures(config, {options.model, options.devices, options.precision}));
  TRY(const ImageRequest request, make_request(options, *local.model));

  std::stop_source stop;
  TRY(const auto watcher,
      ShutdownWatcher::start(*signals, {.drain = [&stop] { stop.request_stop(); },
                                        .stop_now = [] { std::_Exit(130); },
                                        .drain_wait = std::chrono::seconds(10)}));
  ProgressBar bar("drawing", system_clock());
  DrawHooks hooks;
  hooks.stop = stop.get_token();
  hooks.progress = [&bar](const DrawProgress& progress) -> Status {
    const double one = static_cast<double>(progress.step) / std::max(1, progress.step_count);
    bar.show((progress.picture + one) / progress.picture_count);
    return {};
  };
  Pipeline pipeline(*local.model);
  TRY(const Drawing drawing, pipeline.draw(request, hooks));
  return write_pictures(drawing, options, format);
}

}  // namespace diptych
