#pragma once
// The models of this machine. Files are looked up when the registry is made, when the models are
// listed after the folder has changed, and when an unknown id is asked for; one loader thread
// brings models into memory on first use.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "app/model_library.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "jobs/model_registry.h"

namespace diptych {

using LoadProgress = std::function<bool(float)>;  // 0 … 1; false cancels
using ModelLoader =
    std::function<Result<std::shared_ptr<TextModel>>(const ModelEntry&, const LoadProgress&)>;

struct RegistryOptions {
  int loaded_max = 2;
  Duration retry_after_failure = std::chrono::seconds(30);
};

class LocalModelRegistry final : public ModelRegistry {
 public:
  LocalModelRegistry(ModelLibrary library, ModelLoader loader, RegistryOptions options,
                     const Clock& clock, Metrics& metrics);
  ~LocalModelRegistry() override;  // cancels a load and unloads everything

  std::vector<ModelEntry> list() const override;
  Result<ModelEntry> find(std::string_view id) const override;
  Result<std::shared_ptr<TextModel>> text_model(std::string_view id, Duration wait) override;
  std::shared_ptr<TextModel> loaded_text_model(std::string_view id) const override;
  std::string_view default_text_model() const override { return default_id_; }

  Status refresh() const;             // looks at the disk again
  void preload(std::string_view id);  // starts loading, waits for nothing
  void stop();  // cancels a load; waiting callers get kCancelled. By one thread

 private:
  enum class Phase : std::uint8_t { kIdle, kQueued, kLoading, kLoaded, kFailed };
  struct Slot {
    ModelEntry entry;
    Phase phase = Phase::kIdle;
    std::shared_ptr<TextModel> model;
    Error error;             // kFailed
    Monotonic changed_at{};  // kFailed: since when; kLoaded: last used
  };

  Slot* find_slot(std::string_view id) REQUIRES(mutex_);
  bool ready_to_load(const Slot& slot) const REQUIRES(mutex_);
  std::optional<Result<std::shared_ptr<TextModel>>> answer_of(Slot& slot) REQUIRES(mutex_);
  Slot* next_queued() REQUIRES(mutex_);
  Result<std::vector<std::shared_ptr<TextModel>>> make_room() REQUIRES(mutex_);
  void run(std::stop_token stop);
  void load(const std::string& id, const std::stop_token& stop);
  bool refresh_is_due();
  bool folder_has_changed() const;
  void settle(const std::string& id, Result<std::shared_ptr<TextModel>> result);

  const ModelLibrary library_;
  const ModelLoader loader_;
  const RegistryOptions options_;
  const Clock& clock_;
  Gauge& loaded_gauge_;
  Counter& failed_counter_;
  std::string default_id_;

  // Mutable: what is known of the disk is brought up to date by looking.
  mutable Mutex mutex_;
  CondVar changed_;
  mutable std::map<std::string, Slot, std::less<>> slots_ GUARDED_BY(mutex_);
  mutable std::vector<std::string> order_ GUARDED_BY(mutex_);  // ids as list() shows them
  mutable std::optional<Monotonic> refreshed_at_ GUARDED_BY(mutex_);
  mutable std::optional<FolderStamp> stamp_ GUARDED_BY(mutex_);  // of the folder, when it was read
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace diptych
