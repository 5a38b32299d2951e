#pragma once
// Everything a running server is made of, built in order and taken apart in the opposite one.

#include <cstdint>
#include <memory>
#include <optional>

#include "app/config.h"
#include "base/error.h"
#include "base/folder_lock.h"
#include "base/metrics.h"
#include "compute/cores.h"

namespace diptych {

class BackgroundRunner;
class EventFeed;
class JobQueue;
class LocalModelRegistry;
class PictureService;
class RetentionThread;
class SqliteStore;
namespace sdapi {
class Desk;
}

class ObjectGraph {
 public:
  // Listens when it returns; no model is loaded yet. Errors say what to do.
  static Result<std::unique_ptr<ObjectGraph>> build(const AppConfig& config, const Clock& clock);
  ~ObjectGraph();
  ObjectGraph(const ObjectGraph&) = delete;
  ObjectGraph& operator=(const ObjectGraph&) = delete;

  std::uint16_t port() const;
  void run();       // starts loading the default model, then serves until drained or stopped
  void drain();     // any thread
  void stop_now();  // any thread
  LocalModelRegistry& models() { return *models_; }

 private:
  ObjectGraph() = default;
  Status open_store(const AppConfig& config, const Clock& clock);
  Status start_jobs(const AppConfig& config, const Clock& clock);

  std::optional<FolderLock> data_lock_;  // first: given back when everything else is gone
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<CoreArbiter> cores_;
  std::unique_ptr<SqliteStore> store_;
  std::unique_ptr<RetentionThread> retention_;
  std::unique_ptr<LocalModelRegistry> models_;
  std::unique_ptr<PictureService> pictures_;
  std::unique_ptr<EventFeed> feed_;
  std::unique_ptr<JobQueue> jobs_;  // after what its workers use
  std::unique_ptr<PictureServices> picture_services_;
  std::unique_ptr<sdapi::Desk> desk_;
  std::unique_ptr<BackgroundRunner> background_;
  std::unique_ptr<Services> services_;
  std::unique_ptr<Server> server_;
};

// Refuses a server that others can reach while nobody holds a key for it.
Status check_keys(const AppConfig& config, KeyStore& keys);

}  // namespace diptych
