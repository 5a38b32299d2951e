#include "app/local_model_registry.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "text/model.h"

namespace diptych {
namespace {

constexpr int kLoadingRetryMs = 1000;
constexpr Duration kRefreshInterval =
    std::chrono::seconds(1);  // unknown names must not keep the disk busy
constexpr Duration kRetryWhenBusy = std::chrono::seconds(1);

std::unexpected<Error> still_loading(std::string_view id) {
  Error error{.code = ErrorCode::kOverloaded,
              .message = fmt::format("the model \"{}\" is still loading", id),
              .param = "model",
              .detail = "model_loading",
              .retry_after_ms = kLoadingRetryMs};
  return fail(std::move(error));
}

std::unexpected<Error> not_found(std::string_view id) {
  return fail(ErrorCode::kNotFound, fmt::format("there is no model \"{}\"", id), "model",
              "model_not_found");
}

}  // namespace

LocalModelRegistry::LocalModelRegistry(ModelLibrary library, ModelLoader loader,
                                       RegistryOptions options, const Clock& clock,
                                       Metrics& metrics)
    : library_(std::move(library)),
      loader_(std::move(loader)),
      options_(options),
      clock_(clock),
      loaded_gauge_(metrics.gauge("diptych_models_loaded", "Models in memory.")),
      failed_counter_(
          metrics.counter("diptych_model_load_failures_total", "Models that did not load.")) {
  if (const Status status = refresh(); !status) log_error("models: {}", status.error().message);
  {
    const MutexLock lock(mutex_);
    if (slots_.contains(library_.places().default_id)) {
      default_id_ = library_.places().default_id;
    } else if (!order_.empty()) {
      default_id_ = order_.front();
    }
  }
  thread_ = std::jthread([this](std::stop_token stop) { run(std::move(stop)); });
}

LocalModelRegistry::~LocalModelRegistry() { stop(); }

void LocalModelRegistry::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  thread_.request_stop();
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Status LocalModelRegistry::refresh() const {
  const std::optional<FolderStamp> stamp = library_.stamp();
  auto on_disk = library_.list();
  const MutexLock lock(mutex_);
  refreshed_at_ = clock_.now();
  stamp_ = stamp;
  TRY(std::vector<ModelEntry> entries, std::move(on_disk));
  order_.clear();
  for (ModelEntry& entry : entries) {
    order_.push_back(entry.id);
    Slot& slot = slots_[entry.id];
    const bool replaced =
        slot.entry.path != entry.path || slot.entry.size_bytes != entry.size_bytes;
    if (slot.phase == Phase::kFailed && replaced) slot.phase = Phase::kIdle;
    slot.entry = std::move(entry);
  }
  // A file that is gone stays known while its model is in use or on its way.
  for (auto item = slots_.begin(); item != slots_.end();) {
    const bool listed = std::ranges::find(order_, item->first) != order_.end();
    const Phase phase = item->second.phase;
    const bool gone = !listed && (phase == Phase::kIdle || phase == Phase::kFailed);
    item = gone ? slots_.erase(item) : std::next(item);
  }
  return {};
}

bool LocalModelRegistry::refresh_is_due() {
  const MutexLock lock(mutex_);
  return !refreshed_at_ || clock_.now() - *refreshed_at_ >= kRefreshInterval;
}

// One look at the folder's time: cheap enough for the I/O thread.
bool LocalModelRegistry::folder_has_changed() const {
  const std::optional<FolderStamp> stamp = library_.stamp();
  const MutexLock lock(mutex_);
  return stamp != stamp_ || (stamp && !stamp->settled);
}

std::vector<ModelEntry> LocalModelRegistry::list() const {
  if (folder_has_changed())
    if (const Status status = refresh(); !status) log_error("models: {}", status.error().message);
  const MutexLock lock(mutex_);
  std::vector<ModelEntry> entries;
  entries.reserve(order_.size());
  for (const std::string& id : order_) {
    const Slot& slot = slots_.find(id)->second;
    entries.push_back(slot.entry);
    entries.back().loaded = slot.phase == Phase::kLoaded;
  }
  return entries;
}

Result<ModelEntry> LocalModelRegistry::find(std::string_view id) const {
  const MutexLock lock(mutex_);
  const auto found = slots_.find(id);
  if (found == slots_.end()) return not_found(id);
  ModelEntry entry = found->second.entry;
  entry.loaded = found->second.phase == Phase::kLoaded;
  return entry;
}

LocalModelRegistry::Slot* LocalModelRegistry::find_slot(std::string_view id) {
  const auto found = slots_.find(id);
  return found == slots_.end() ? nullptr : &found->second;
}

bool LocalModelRegistry::ready_to_load(const Slot& slot) const {
  if (slot.phase == Phase::kIdle) return true;
  return slot.phase == Phase::kFailed &&
         clock_.now() - slot.changed_at >= options_.retry_after_failure;
}

// What can be said now; nothing while the model is on its way.
std::optional<Result<std::shared_ptr<TextModel>>> LocalModelRegistry::answer_of(Slot& slot) {
  if (slot.phase == Phase::kLoaded) {
    slot.changed_at = clock_.now();
    return slot.model;
  }
  if (slot.phase == Phase::kFailed) return fail(slot.error);
  if (stopping_) return fail(ErrorCode::kCancelled, "the server is shutting down");
  return std::nullopt;
}

Result<std::shared_ptr<TextModel>> LocalModelRegistry::text_model(std::string_view id,
                                                                  Duration wait) {
  if (!find(id) && refresh_is_due()) TRY_STATUS(refresh());  // it may have been added since
  const auto deadline = std::chrono::steady_clock::now() + wait;
  const MutexLock lock(mutex_);
  while (true) {
    Slot* slot = find_slot(id);
    if (slot == nullptr) return not_found(id);
    if (ready_to_load(*slot) && !stopping_) {
      slot->phase = Phase::kQueued;
      changed_.notify_all();
    }
    if (auto answer = answer_of(*slot)) return *std::move(answer);
    if (wait <= Duration::zero() ||
        changed_.wait_until(mutex_, deadline) == std::cv_status::timeout) {
      if (auto answer = answer_of(*slot)) return *std::move(answer);
      return still_loading(id);
    }
  }
}

std::shared_ptr<TextModel> LocalModelRegistry::loaded_text_model(std::string_view id) const {
  const MutexLock lock(mutex_);
  const auto found = slots_.find(id);
  return found == slots_.end() ? nullptr : found->second.model;
}

void LocalModelRegistry::preload(std::string_view id) {
  const MutexLock lock(mutex_);
  Slot* slot = find_slot(id);
  if (slot == nullptr || !ready_to_load(*slot)) return;
  slot->phase = Phase::kQueued;
  changed_.notify_all();
}

LocalModelRegistry::Slot* LocalModelRegistry::next_queued() {
  const auto found =
      std::ranges::find(slots_, Phase::kQueued, [](const auto& item) { return item.second.phase; });
  return found == slots_.end() ? nullptr : &found->second;
}

void LocalModelRegistry::run(std::stop_token stop) {
  while (true) {
    std::string id;
    {
      const MutexLock lock(mutex_);
      while (!stopping_ && next_queued() == nullptr) changed_.wait(mutex_);
      if (stopping_) return;
      Slot* slot = next_queued();
      slot->phase = Phase::kLoading;
      id = slot->entry.id;
    }
    load(id, stop);
  }
}

// Takes out the models that were used longest ago and are in nobody's hands, until there is room
// for one more. The caller destroys them without the lock: that joins their threads.
Result<std::vector<std::shared_ptr<TextModel>>> LocalModelRegistry::make_room() {
  std::vector<std::shared_ptr<TextModel>> victims;
  while (true) {
    int loaded = 0;
    Slot* oldest = nullptr;
    for (auto& [id, slot] : slots_) {
      if (slot.phase != Phase::kLoaded) continue;
      ++loaded;
      const bool idle = slot.model.use_count() == 1;
      if (idle && (oldest == nullptr || slot.changed_at < oldest->changed_at)) oldest = &slot;
    }
    if (loaded < options_.loaded_max) return victims;
    if (oldest == nullptr) {
      return fail(ErrorCode::kOverloaded,
                  fmt::format("{} models are in use; the limit is {} (models.loaded_max)", loaded,
                              options_.loaded_max),
                  "model", "models_busy");
    }
    log_info("model {} makes room", oldest->entry.id);
    victims.push_back(std::move(oldest->model));
    oldest->phase = Phase::kIdle;
    loaded_gauge_.add(-1);
  }
}

void LocalModelRegistry::load(const std::string& id, const std::stop_token& stop) {
  ModelEntry entry;
  Result<std::vector<std::shared_ptr<TextModel>>> victims;
  {
    const MutexLock lock(mutex_);
    entry = find_slot(id)->entry;
    victims = make_room();
  }
  if (!victims) return settle(id, fail(victims.error()));
  victims->clear();
  const Monotonic start = clock_.now();
  auto result = loader_(entry, [&stop](float) { return !stop.stop_requested(); });
  if (result) {
    const auto took = std::chrono::duration<double>(clock_.now() - start);
    log_info("model {} loaded in {:.3f} s from {}", id, took.count(), entry.path.string());
  }
  settle(id, std::move(result));
}

void LocalModelRegistry::settle(const std::string& id, Result<std::shared_ptr<TextModel>> result) {
  const MutexLock lock(mutex_);
  Slot& slot = *find_slot(id);
  slot.changed_at = clock_.now();
  if (result) {
    slot.phase = Phase::kLoaded;
    slot.model = std::move(*result);
    loaded_gauge_.add(1);
  } else {
    slot.phase = Phase::kFailed;
    slot.error = std::move(result).error();
    slot.error.param = "model";
    if (slot.error.code == ErrorCode::kOverloaded) {
      slot.changed_at +=
          kRetryWhenBusy - options_.retry_after_failure;  // nothing is wrong with the model
      slot.error.retry_after_ms = kLoadingRetryMs;
    }
    slot.error.message =
        fmt::format("the model \"{}\" cannot be loaded: {}", id, slot.error.message);
    failed_counter_.add();
    log_error("{}", slot.error.message);
  }
  changed_.notify_all();
}

}  // namespace diptych
