#include "api/diptych/state.h"

#include "api/diptych/job_json.h"
#include "api/job_answer.h"
#include "base/json.h"
#include "base/memory_use.h"
#include "jobs/job_queue.h"
#include "jobs/pictures/picture_catalog.h"

namespace diptych {
namespace {

constexpr JobKind kKinds[] = {JobKind::kPicture, JobKind::kUpscale, JobKind::kText};

// What runs is told to everybody; whose it is and what it draws, to those only who may see it.
Result<Json> running_jobs(const Caller& caller, JobQueue& queue) {
  Json running = Json::array();
  for (const JobKind kind : kKinds) {
    const auto id = queue.running(kind);
    if (!id) continue;
    Json json = Json::object({{"kind", name_of(kind)}, {"job", nullptr}, {"progress", nullptr}});
    if (const auto job = queue.get(*id, visible_owner(caller))) {
      json.set("job", *id);
      const auto event = queue.feed().latest(*id);
      json.set("progress", progress_object(event ? event->progress : job->progress));
    }
    running.push_back(std::move(json));
  }
  return running;
}

Result<Json> queue_state(const Caller& caller, JobQueue& queue) {
  TRY(const int queued, queue.store().queued_count(std::nullopt));
  TRY(const int mine, queue.store().queued_count(visible_owner(caller)));
  TRY(Json running, running_jobs(caller, queue));
  return Json::object({{"queued", queued}, {"queued_mine", mine}, {"running", std::move(running)}});
}

Json resident_models(Services& services) {
  Json models = Json::array();
  for (const ModelEntry& entry : services.models.list())
    if (entry.loaded)
      models.push_back(Json::object({{"id", entry.id},
                                     {"kind", entry.kind == ModelKind::kText ? "text" : "image"},
                                     {"size_bytes", entry.size_bytes}}));
  if (services.pictures == nullptr) return models;
  for (const PictureModelEntry& entry : services.pictures->catalog.models())
    if (entry.resident)
      models.push_back(
          Json::object({{"id", entry.id}, {"kind", "image"}, {"size_bytes", entry.size_bytes}}));
  return models;
}

}  // namespace

Result<Reply> get_state(const Call& call, Services& services) {
  const MemoryUse memory = read_memory_use();
  Json body = Json::object({{"time_ms", services.clock.unix_ms()}});
  if (services.pictures != nullptr) {
    TRY(Json queue, queue_state(call.caller, services.pictures->queue));
    body.set("queue", std::move(queue));
  }
  body.set("models", resident_models(services));
  body.set("memory", Json::object({{"resident_bytes", memory.resident_bytes},
                                   {"available_bytes", memory.available_bytes}}));
  return Reply(Answer{.headers = {{"cache-control", "no-store"}}, .body = dump_json(body)});
}

}  // namespace diptych
