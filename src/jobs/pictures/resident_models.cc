#include "jobs/pictures/resident_models.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "image/pipeline/drawing_request.h"
#include "jobs/pictures/picture_preview.h"

namespace diptych {
namespace {

constexpr std::size_t kPlannersMax = 16;
constexpr double kMiB = 1024 * 1024;

std::string stamp_of(const FoundPictureModel& found) {
  return fmt::format("{}|{}|{}", found.entry.path, found.other_parts.string(),
                     file_stamp(found.hashed_file));
}

std::uint64_t bytes_of(const ModelPart& part) { return part ? part.weights->bytes_in_all() : 0; }

// The job's pictures are not at hand: any will do where limits are checked.
void stand_in_for_pictures(ImageRequest& request) {
  if (!request.init) return;
  request.init->picture = Picture(8, 8, 3);
  if (request.init->inpaint) request.init->inpaint->mask = Picture(8, 8, 1, 255);
}

}  // namespace

ResidentModels::ResidentModels(PictureLibrary& library, const Backends& backends,
                               ResidentOptions options)
    : library_(library), backends_(backends), options_(std::move(options)) {
  options_.settings.programs = std::make_shared<ProgramCache>(options_.bytes_max);
  options_.settings.program_bytes_max = options_.bytes_max;
  options_.settings.roomy_bytes = options_.bytes_max / 2;
}

ResidentModels::Use::~Use() {
  if (models_ != nullptr) models_->give_back();
}

Result<FoundPictureModel> ResidentModels::find_usable(std::string_view id) {
  TRY(FoundPictureModel found, library_.find(id.empty() ? library_.default_model() : id));
  if (found.entry.problem.empty()) return found;
  return fail(ErrorCode::kUnsupported,
              fmt::format("the model \"{}\" cannot be used: {}", id, found.entry.problem), "model");
}

Result<std::unique_ptr<PictureModel>> ResidentModels::open(const FoundPictureModel& found) const {
  TRY(auto model,
      PictureModel::open(found.entry.path, options_.settings, backends_, found.other_parts));
  const std::uint64_t unet = bytes_of(model->checkpoint().unet);
  if (unet <= options_.bytes_max) return model;
  return fail(
      ErrorCode::kOutOfMemory,
      fmt::format("the model \"{}\" needs {:.0f} MiB; the limit for picture models is {:.0f} "
                  "MiB (pictures.memory_bytes_max)",
                  found.entry.id, static_cast<double>(unet) / kMiB,
                  static_cast<double>(options_.bytes_max) / kMiB),
      "model");
}

void ResidentModels::take() {
  const MutexLock lock(mutex_);
  while (taken_) given_back_.wait(mutex_);
  taken_ = true;
}

void ResidentModels::give_back() {
  std::set<std::string> unload;
  {
    const MutexLock lock(mutex_);
    unload.swap(unload_);
  }
  for (const std::string& id : unload) close(id);
  std::set<std::string> resident;
  for (const Open& one : open_)
    if (one.model->is_resident()) resident.insert(one.id);
  const MutexLock lock(mutex_);
  resident_ = std::move(resident);
  taken_ = false;
  given_back_.notify_all();
}

void ResidentModels::close(std::string_view id) {
  const auto found = std::ranges::find(open_, id, &Open::id);
  if (found == open_.end()) return;
  found->model->release_programs();
  open_.erase(found);
  log_info("picture model {} has left memory", id);
}

Result<ResidentModels::Open*> ResidentModels::find_or_open(const FoundPictureModel& found) {
  const std::string stamp = stamp_of(found);
  const auto before = std::ranges::find(open_, found.entry.id, &Open::id);
  if (before != open_.end() && before->stamp == stamp) {
    open_.splice(open_.begin(), open_, before);
    return &open_.front();
  }
  TRY(auto model, open(found));
  if (before != open_.end()) close(found.entry.id);  // the file was replaced
  for (const Warning& warning : model->warnings()) log_warn("{}", warning.message);
  log_info("picture model {}: {}", found.entry.id, model->choice(Module::kUnet).reason);
  auto pipeline = std::make_unique<Pipeline>(*model);
  auto tiny = find_tiny_decoder(library_.folder(), *model);
  open_.push_front({found.entry.id, stamp, std::move(model), std::move(pipeline), std::move(tiny)});
  while (open_.size() > options_.open_max) close(open_.back().id);
  return &open_.front();
}

Result<ResidentModels::Use> ResidentModels::use(std::string_view id) {
  TRY(const FoundPictureModel found, find_usable(id));
  take();
  const auto opened = find_or_open(found);
  if (opened) return Use(this, *opened);
  give_back();
  return fail(opened.error());
}

Result<std::string> ResidentModels::load(std::string_view id) {
  TRY(const FoundPictureModel found, find_usable(id));
  bool is_free = false;
  {
    const MutexLock lock(mutex_);
    unload_.erase(found.entry.id);
    is_free = !taken_;
    taken_ = true;
  }
  if (!is_free) {
    TRY(const auto planner, planner_of(found));
    return found.entry.id;
  }
  const auto opened = find_or_open(found);
  give_back();
  if (!opened) return fail(opened.error());
  return found.entry.id;
}

Status ResidentModels::unload(std::string_view id) {
  TRY(const FoundPictureModel found, library_.find(id));
  {
    const MutexLock lock(mutex_);
    if (!taken_ && !resident_.contains(found.entry.id))
      return fail(ErrorCode::kNotFound,
                  fmt::format("the picture model \"{}\" is not in memory", found.entry.id),
                  "model");
    unload_.insert(found.entry.id);
    if (taken_) return {};
    taken_ = true;
  }
  give_back();
  return {};
}

std::set<std::string> ResidentModels::resident() const {
  const MutexLock lock(mutex_);
  return resident_;
}

Result<std::shared_ptr<const PictureModel>> ResidentModels::planner_of(
    const FoundPictureModel& found) {
  const std::string stamp = stamp_of(found);
  {
    const MutexLock lock(planners_mutex_);
    const auto known = planners_.find(found.entry.id);
    if (known != planners_.end() && known->second.stamp == stamp) return known->second.model;
  }
  TRY(std::shared_ptr<const PictureModel> model, open(found));
  const MutexLock lock(planners_mutex_);
  if (planners_.size() >= kPlannersMax) planners_.clear();
  planners_[found.entry.id] = {stamp, model};
  return model;
}

Status ResidentModels::check(const PictureJob& job) {
  if (job.transparent)
    return fail(ErrorCode::kUnsupported, "no model of this build draws on a transparent background",
                "transparent");
  TRY(const FoundPictureModel found, find_usable(job.model));
  TRY(const auto model, planner_of(found));
  ImageRequest request = job.request;
  stand_in_for_pictures(request);
  TRY(const DrawingPlans plans, plan_drawing(request, *model));
  return {};
}

}  // namespace diptych
