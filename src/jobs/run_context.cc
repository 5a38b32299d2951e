#include "jobs/run_context.h"

#include <utility>

namespace diptych {

JobEvent RunContext::event(std::string type) const {
  JobEvent event;
  event.job = run_.job().id;
  event.type = std::move(type);
  event.state = JobState::kRunning;
  event.progress = run_.progress();
  event.owner = run_.job().spec.owner;
  return event;
}

void RunContext::progress(const JobProgress& progress) {
  run_.set_progress(progress);
  services_.feed.publish(event("progress"));
}

void RunContext::preview(JobPreview preview) {
  JobEvent shown = event("preview");
  shown.preview = std::move(preview);
  services_.feed.publish(std::move(shown));
}

Status RunContext::checked(Status status) {
  if (!status && status.error().code == ErrorCode::kConflict) run_.stop(StopReason::kLeaseLost);
  return status;
}

Status RunContext::save_checkpoint(std::string_view bytes) {
  return checked(services_.store.checkpoint(run_.lease(), bytes));
}

Result<std::string> RunContext::put_blob(std::string_view bytes) {
  TRY(std::string hash, services_.blobs.put(bytes));
  TRY_STATUS(checked(services_.store.hold_blob(run_.lease(), hash)));
  return hash;
}

}  // namespace diptych
