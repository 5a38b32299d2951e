#include "jobs/pictures/picture_run.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "image/pipeline/drawing_request.h"
#include "jobs/pictures/picture_preview.h"

namespace diptych {
namespace {

// Saving must not take more than a twentieth of the time.
constexpr int kSaveShare = 20;

std::string_view name_of(DrawPhase phase) {
  switch (phase) {
    case DrawPhase::kEncoding:
      return "encoding";
    case DrawPhase::kDrawing:
      return "drawing";
    case DrawPhase::kDecoding:
      return "decoding";
  }
  return {};
}

Result<Picture> read_picture(JobContext& context, const std::string& blob, std::string_view field,
                             Warnings& warnings) {
  TRY(const std::string bytes, context.get_blob(blob));
  auto decoded = decode_picture(bytes);
  if (!decoded) {
    Error error = std::move(decoded).error();
    error.param = field;
    return fail(std::move(error));
  }
  warnings.insert(warnings.end(), decoded->warnings.begin(), decoded->warnings.end());
  return std::move(decoded->picture);
}

Json metadata_of(const PictureJob& job, const DrawnPicture& drawn) {
  const ImageRequest& request = job.request;
  return Json::object({{"index", drawn.index},
                       {"seed", static_cast<std::int64_t>(drawn.seed)},
                       {"width", drawn.picture.width},
                       {"height", drawn.picture.height},
                       {"model", job.model},
                       {"prompt", request.prompt},
                       {"negative_prompt", request.negative_prompt},
                       {"steps", request.steps},
                       {"cfg_scale", request.cfg_scale},
                       {"infotext", drawn.infotext}});
}

}  // namespace

Status PictureRun::read_request() {
  TRY(request_, parse_picture_job(parts_.job.spec.request));
  if (request_.transparent)
    return fail(ErrorCode::kUnsupported, "no model of this build draws on a transparent background",
                "transparent");
  std::optional<InitImage>& init = request_.request.init;
  if (!init) return {};
  TRY(init->picture,
      read_picture(parts_.context, request_.init_blob, "init_images", file_warnings_));
  if (!init->inpaint) return {};
  TRY(init->inpaint->mask,
      read_picture(parts_.context, request_.mask_blob, "mask", file_warnings_));
  return {};
}

bool PictureRun::has_all_files(const PictureCheckpoint& checkpoint) {
  return std::ranges::all_of(checkpoint.outputs, [this](const JobOutput& output) {
    return parts_.context.get_blob(output.blob).has_value();
  });
}

// A checkpoint that does not fit is passed over: the job then starts anew, and comes out the same.
void PictureRun::go_on_from(std::string_view bytes, const PictureModel& model) {
  fingerprint_ =
      to_hex(sha256(parts_.job.spec.request + model.identity() + parts_.options.program_version));
  if (bytes.empty()) return;
  auto checkpoint = decode_checkpoint(bytes, parts_.options.record_bytes_max);
  if (!checkpoint || checkpoint->fingerprint != fingerprint_ || !has_all_files(*checkpoint)) {
    log_info("job {}: its checkpoint is of {}; it is drawn from the start", parts_.job.id,
             checkpoint ? "another program, model or device" : "no use");
    return;
  }
  for (JobOutput& output : checkpoint->outputs) {
    const auto metadata = parse_json(output.metadata);
    const int index = metadata && (*metadata)["index"].is_int()
                          ? static_cast<int>((*metadata)["index"].as_int())
                          : 0;
    finished_.push_back({index, std::move(output)});
  }
  record_ = std::move(checkpoint->record);
  saved_first_picture_ = record_.first_picture();
  log_info("job {} goes on at picture {}, after {} evaluations", parts_.job.id,
           record_.first_picture() + 1, record_.answers().size());
}

Status PictureRun::save() {
  std::vector<JobOutput> outputs;
  for (const Finished& one : finished_)
    if (one.index < record_.first_picture()) outputs.push_back(one.output);
  const Monotonic begin = parts_.clock.now();
  const Status saved =
      parts_.context.save_checkpoint(encode_checkpoint(fingerprint_, outputs, record_));
  saved_at_ = parts_.clock.now();
  saved_first_picture_ = record_.first_picture();
  save_interval_ = std::max(parts_.options.checkpoint_interval, kSaveShare * (saved_at_ - begin));
  if (saved || saved.error().code == ErrorCode::kConflict) return saved;
  // A full disk does not spoil what can still be drawn.
  log_warn("job {}: no checkpoint: {}", parts_.job.id, saved.error().message);
  return {};
}

Status PictureRun::save_if_due() {
  const bool finished_more = record_.first_picture() != saved_first_picture_;
  if (!finished_more && parts_.clock.now() - saved_at_ < save_interval_) return {};
  return save();
}

// What is watched may come late, but never holds the drawing up for long.
void PictureRun::show(const ResidentModels::Use& use, const DrawProgress& progress) {
  const int every = request_.preview_every;
  const bool asked = every > 0 && progress.step % every == 0;
  const bool watched =
      every == 0 && parts_.context.preview_wanted() &&
      (!shown_at_ || parts_.clock.now() - *shown_at_ >= parts_.options.preview_interval);
  if (progress.denoised == nullptr || progress.step == progress.step_count || !(asked || watched))
    return;
  shown_at_ = parts_.clock.now();
  auto preview =
      make_preview(use.model(), use.tiny_decoder(), *progress.denoised, parts_.context.stop());
  if (!preview) return log_debug("no preview: {}", preview.error().message);
  preview->step = progress.step;
  parts_.context.preview(std::move(*preview));
}

Status PictureRun::put_away(const DrawnPicture& drawn) {
  progress_.phase("saving");
  PictureEncoding encoding{.format = request_.file,
                           .quality = request_.quality,
                           .lossless = request_.file == PictureFormat::kWebp && request_.lossless};
  if (request_.write_infotext)
    encoding.texts.push_back({std::string(kParametersKeyword), drawn.infotext});
  TRY(const EncodedPicture file, encode_picture(drawn.picture, encoding));
  add_warnings(file_warnings_, file.warnings);
  TRY(std::string blob, parts_.context.put_blob(file.bytes));
  finished_.push_back({drawn.index,
                       {.blob = std::move(blob),
                        .content_type = std::string(mime_type_of(request_.file)),
                        .size_bytes = file.bytes.size(),
                        .metadata = dump_json(metadata_of(request_, drawn))}});
  return {};
}

Result<Drawing> PictureRun::draw(const ResidentModels::Use& use) {
  PictureModel& model = use.model();
  DrawHooks hooks;
  hooks.stop = parts_.context.stop();
  hooks.record = &record_;
  hooks.phase = [this](DrawPhase phase, int) -> Status {
    TRY_STATUS(save_if_due());
    progress_.phase(name_of(phase));
    return {};
  };
  hooks.progress = [this, &use](const DrawProgress& progress) -> Status {
    progress_.step(progress);
    TRY_STATUS(save_if_due());
    show(use, progress);
    return {};
  };
  hooks.picture = [this](const DrawnPicture& drawn) { return put_away(drawn); };
  hooks.skip = [this] { return parts_.context.skip_wanted(); };
  std::string phase_before;
  model.on_compile([this, phase_before](bool begins) mutable {
    if (begins) phase_before = progress_.phase();
    progress_.phase(begins ? "loading_model" : phase_before);
  });
  auto drawing = use.pipeline().draw(request_.request, hooks);
  model.on_compile({});
  return drawing;
}

Result<JobResult> PictureRun::result_of(Drawing drawing, const PictureModel& model) {
  JobResult result;
  add_warnings(result.warnings, file_warnings_);
  add_warnings(result.warnings, drawing.warnings);
  TRY(const DrawingPlans plans, plan_drawing(request_.request, model));
  const ImageRequest& request = request_.request;
  std::int64_t pixel_steps = std::int64_t{request.width} * request.height * plans.first_steps();
  if (request.hires)
    pixel_steps +=
        std::int64_t{request.hires->width} * request.hires->height * plans.second_steps();
  for (Finished& one : finished_) result.outputs.push_back(std::move(one.output));
  const auto count = std::ssize(result.outputs);
  result.bill = {.owner = parts_.job.spec.owner,
                 .model = request_.model,
                 .kind = "picture",
                 .images = count,
                 .pixel_steps = pixel_steps * count};
  return result;
}

Result<JobResult> PictureRun::run() {
  progress_.phase("loading_model");
  TRY_STATUS(read_request());
  TRY(const ResidentModels::Use use, parts_.models.use(request_.model));
  request_.model = use.id();
  go_on_from(parts_.context.checkpoint(), use.model());
  auto drawing = draw(use);
  if (!drawing && drawing.error().detail == kRecordMismatch) {
    record_ = DrawRecord(parts_.options.record_bytes_max);
    finished_.clear();
    drawing = draw(use);
  }
  if (!drawing) return fail(drawing.error());
  return result_of(std::move(*drawing), use.model());
}

}  // namespace diptych
