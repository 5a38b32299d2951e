#include "app/object_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "api/background.h"
#include "api/openai/responses_background.h"
#include "api/route.h"
#include "api/sdapi/desk.h"
#include "app/local_model_registry.h"
#include "app/picture_service.h"
#include "app/text_models.h"
#include "base/log.h"
#include "base/rng.h"
#include "jobs/event_feed.h"
#include "jobs/job_queue.h"
#include "store/retention.h"
#include "store/store.h"

namespace diptych {
namespace {

constexpr int kBackgroundTasksMax = 256;

// Two servers on one folder would each settle the other's running answers.
Result<FolderLock> lock_data_folder(const Path& folder) {
  auto lock = FolderLock::take(folder, "server.lock");
  if (!lock && lock.error().code == ErrorCode::kConflict) {
    lock.error().message = fmt::format(
        "another server runs on the same data: {}; stop it, or choose another folder "
        "with --data-dir",
        lock.error().message);
    lock.error().param = "data.folder";
  }
  return lock;
}

}  // namespace

Status check_keys(const AppConfig& config, KeyStore& keys) {
  if (!config.server.require_key) return {};
  TRY(const std::vector<ApiKey> all, keys.list());
  const bool usable = std::ranges::any_of(all, [](const ApiKey& key) { return !key.revoked_ms; });
  if (usable) return {};
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("a server on {} needs an API key, and there is none. Make one: "
                          "diptych keys create --data-dir {}; or listen on 127.0.0.1",
                          config.server.listen, config.data_dir.string()),
              "server.listen", "key_required");
}

Status ObjectGraph::open_store(const AppConfig& config, const Clock& clock) {
  TRY_STATUS(make_directories(config.data_dir));
  TRY(FolderLock lock, lock_data_folder(config.data_dir));
  data_lock_.emplace(std::move(lock));
  TRY(store_, make_sqlite_store(config.store_file(), clock));
  return {};
}

// Jobs of the last run that were under way go on from their checkpoints.
Status ObjectGraph::start_jobs(const AppConfig& config, const Clock& clock) {
  TRY(pictures_, PictureService::open(config));
  feed_ = make_event_feed(clock);
  std::vector<std::unique_ptr<JobRunner>> runners;
  runners.push_back(pictures_->make_runner(config, clock));
  TRY(jobs_, make_job_queue({.store = store_->jobs(),
                             .blobs = store_->blobs(),
                             .feed = *feed_,
                             .metrics = *metrics_,
                             .clock = clock},
                            config.jobs, std::move(runners)));
  picture_services_ =
      std::make_unique<PictureServices>(PictureServices{.queue = *jobs_,
                                                        .blobs = store_->blobs(),
                                                        .gallery = store_->gallery(),
                                                        .catalog = pictures_->catalog(),
                                                        .link_secret = random_id("")});
  TRY(desk_, sdapi::Desk::open(config.data_dir, clock.unix_ms()));
  return {};
}

Result<std::unique_ptr<ObjectGraph>> ObjectGraph::build(const AppConfig& config,
                                                        const Clock& clock) {
  std::unique_ptr<ObjectGraph> graph(new ObjectGraph);
  TRY_STATUS(graph->open_store(config, clock));
  TRY_STATUS(check_keys(config, graph->store_->keys()));
  graph->metrics_ = make_metrics();
  graph->cores_ = make_core_arbiter(config.threads_max, clock);
  graph->models_ = std::make_unique<LocalModelRegistry>(
      ModelLibrary(library_places(config)),
      make_text_loader(config,
                       {.clock = clock, .metrics = *graph->metrics_, .cores = *graph->cores_}),
      RegistryOptions{.loaded_max = config.loaded_models_max}, clock, *graph->metrics_);
  TRY_STATUS(graph->start_jobs(config, clock));
  graph->background_ = make_background_runner(kBackgroundTasksMax);
  graph->services_ =
      std::make_unique<Services>(Services{.clock = clock,
                                          .metrics = *graph->metrics_,
                                          .models = *graph->models_,
                                          .responses = graph->store_->responses(),
                                          .completions = graph->store_->completions(),
                                          .keys = graph->store_->keys(),
                                          .background = *graph->background_,
                                          .limits = config.api,
                                          .pictures = graph->picture_services_.get(),
                                          .sdapi = graph->desk_.get()});
  TRY_STATUS(settle_unfinished_responses(*graph->services_));
  TRY(graph->server_, make_server(config.server, all_routes(), *graph->services_));
  graph->retention_ = start_retention(
      Retention(graph->store_->expiry(), config.retention, clock, *graph->metrics_),
      HistoryRetention(graph->store_->jobs(), config.history, clock, *graph->metrics_));
  return graph;
}

// Callers first, then what they call: nothing may use a part that is gone.
ObjectGraph::~ObjectGraph() {
  server_.reset();
  if (background_) background_->stop();
  background_.reset();
  services_.reset();
  picture_services_.reset();
  jobs_.reset();
  models_.reset();
}

std::uint16_t ObjectGraph::port() const { return server_->port(); }

void ObjectGraph::run() {
  models_->preload(models_->default_text_model());
  server_->run();
}

void ObjectGraph::drain() {
  jobs_->drain();
  server_->drain();
}

void ObjectGraph::stop_now() { server_->stop_now(); }

}  // namespace diptych
