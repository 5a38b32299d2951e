#pragma once
// A server in this process with routes that do what a test says: answers that wait, streams fed by
// the test, handlers that block. Every wait has a deadline.

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "api/route.h"
#include "api/services.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "http/server.h"
#include "http/testing/client.h"
#include "jobs/stores.h"

namespace diptych::testing {

// The work behind one pending or streamed answer, as the test sees it. Safe from any thread.
class Feed {
 public:
  void push(std::string bytes)
      EXCLUDES(mutex_);  // a stream: the next chunk; a pending answer: its body, complete
  void end() EXCLUDES(mutex_);
  void endless(std::string bytes) EXCLUDES(mutex_);  // a stream that always has this much more
  bool wait_destroyed() EXCLUDES(mutex_);            // false: the deadline passed
  int polls() EXCLUDES(mutex_);
  bool wait_polled() EXCLUDES(mutex_);  // the server has the reply in hand

 private:
  friend class FeedChunks;
  friend class FeedAnswer;
  void on_ready(std::function<void()> wake) EXCLUDES(mutex_);
  void destroyed() EXCLUDES(mutex_);
  ChunkState poll(std::string& out) EXCLUDES(mutex_);
  void wake() EXCLUDES(mutex_);

  Mutex mutex_;
  CondVar changed_;
  std::function<void()> wake_ GUARDED_BY(mutex_);
  std::string bytes_ GUARDED_BY(mutex_);
  std::string endless_ GUARDED_BY(mutex_);
  bool ended_ GUARDED_BY(mutex_) = false, destroyed_ GUARDED_BY(mutex_) = false;
  int polls_ GUARDED_BY(mutex_) = 0;
};

class FakeKeys final : public KeyStore {
 public:
  std::atomic<int> look_ups = 0;
  std::vector<ApiKey> keys;  // set before the server runs
  std::atomic<bool> broken = false;

  Status add(const ApiKey& key) override;
  Result<std::optional<ApiKey>> find_by_hash(std::string_view hash) override;
  Result<std::vector<ApiKey>> list() override { return keys; }
  Status revoke(std::string_view, std::int64_t) override { return {}; }
};
ApiKey key_for(std::string_view secret, std::string id, std::vector<std::string> scopes);

class Stage {  // what the routes and the test share
 public:
  std::shared_ptr<Feed> new_feed() EXCLUDES(mutex_);  // called by routes
  std::shared_ptr<Feed> wait_feed(std::size_t index)
      EXCLUDES(mutex_);           // nullptr: the deadline passed
  void block() EXCLUDES(mutex_);  // called by a route: until release()
  bool wait_blocked(int count) EXCLUDES(mutex_);
  void release() EXCLUDES(mutex_);
  std::atomic<int> work_calls = 0;

 private:
  Mutex mutex_;
  CondVar changed_;
  std::vector<std::shared_ptr<Feed>> feeds_ GUARDED_BY(mutex_);
  int blocked_ GUARDED_BY(mutex_) = 0;
  bool released_ GUARDED_BY(mutex_) = false;
};

class TestServer {
 public:
  explicit TestServer(ServerOptions options = {}, std::vector<ApiKey> keys = {});
  ~TestServer();  // stop_now(), after releasing blocked handlers

  Stage stage;
  FakeKeys keys;
  std::unique_ptr<Metrics> metrics = make_metrics();

  std::uint16_t port() const { return server_->port(); }
  Server& server() { return *server_; }
  Services& services();
  bool wait_ended();  // run() returned
  double count(std::string_view name, const Labels& labels = {});
  bool wait_count(std::string_view name, const Labels& labels, double value);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
  std::unique_ptr<Server> server_;
  Mutex mutex_;
  CondVar changed_;
  bool ended_ GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

}  // namespace diptych::testing
