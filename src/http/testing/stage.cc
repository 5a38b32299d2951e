#include "http/testing/stage.h"

#include <chrono>
#include <deque>
#include <stdexcept>
#include <stop_token>
#include <utility>

#include "api/background.h"
#include "api/field.h"
#include "base/check.h"
#include "base/hash.h"
#include "store/store.h"

namespace diptych::testing {

namespace {

constexpr auto kDeadline = std::chrono::seconds(10);

std::unexpected<Error> unused() { return fail(ErrorCode::kUnsupported, "not on this stage"); }

struct NoModels final : ModelRegistry {
  std::vector<ModelEntry> list() const override { return {}; }
  Result<ModelEntry> find(std::string_view) const override { return unused(); }
  Result<std::shared_ptr<TextModel>> text_model(std::string_view, Duration) override {
    return unused();
  }
  std::shared_ptr<TextModel> loaded_text_model(std::string_view) const override { return nullptr; }
  std::string_view default_text_model() const override { return ""; }
};

std::unique_ptr<SqliteStore> open_store() {
  auto store = make_sqlite_store(":memory:", system_clock());
  CHECK(store.has_value());
  return std::move(*store);
}

struct StageRunner final
    : BackgroundRunner {  // handlers get nothing but Services, so it carries the stage
  explicit StageRunner(Stage& its_stage) : stage(its_stage) {}
  Status start(std::string, std::unique_ptr<BackgroundTask>) override { return unused(); }
  bool cancel(std::string_view) override { return false; }
  std::unique_ptr<TaskWatch> watch(std::string_view, std::function<void()>) override { return {}; }
  void stop() override {}
  Stage& stage;
};

Stage& stage_of(Services& services) { return static_cast<StageRunner&>(services.background).stage; }

Answer text(std::string body) { return {200, "text/plain", {}, std::move(body)}; }

}  // namespace

class FeedChunks final : public ChunkSource {
 public:
  explicit FeedChunks(std::shared_ptr<Feed> feed) : feed_(std::move(feed)) {}
  ~FeedChunks() override { feed_->destroyed(); }
  void on_ready(std::function<void()> wake) override { feed_->on_ready(std::move(wake)); }
  ChunkState poll(std::string& out) override { return feed_->poll(out); }

 private:
  std::shared_ptr<Feed> feed_;
};

class FeedAnswer final : public PendingAnswer {
 public:
  explicit FeedAnswer(std::shared_ptr<Feed> feed) : feed_(std::move(feed)) {}
  ~FeedAnswer() override { feed_->destroyed(); }
  void on_ready(std::function<void()> wake) override { feed_->on_ready(std::move(wake)); }
  Result<std::optional<Answer>> poll() override {
    std::string body;
    feed_->poll(body);
    if (body.empty()) return std::optional<Answer>();
    if (body == "fail") return fail(ErrorCode::kInvalidArgument, "asked to fail", "how");
    return std::optional<Answer>(text(std::move(body)));
  }

 private:
  std::shared_ptr<Feed> feed_;
};

namespace {

Result<Reply> hello(const Call&, Services&) { return text("hello"); }

Result<Reply> echo(const Call& call, Services& services) {
  ++stage_of(services).work_calls;
  return text(call.body);
}

Result<Reply> describe(const Call& call, Services&) {
  std::string body = call.method + " " + call.path + "\n";
  for (const auto& [name, value] : call.path_params) body += name + "=" + value + "\n";
  for (const auto& [name, value] : call.query) body += "?" + name + "=" + value + "\n";
  body += "key=" + call.caller.key_id + "\n";
  return text(std::move(body));
}

Result<Reply> pending(const Call&, Services& services) {
  return std::unique_ptr<PendingAnswer>(
      std::make_unique<FeedAnswer>(stage_of(services).new_feed()));
}

Result<Reply> stream(const Call&, Services& services) {
  StreamedAnswer answer;
  answer.head.content_type = "text/event-stream; charset=utf-8";
  answer.chunks = std::make_unique<FeedChunks>(stage_of(services).new_feed());
  return answer;
}

Result<Reply> blocked(const Call&, Services& services) {
  ++stage_of(services).work_calls;
  stage_of(services).block();
  return text("released");
}

Result<Reply> blocked_stream(const Call& call, Services& services) {
  stage_of(services).block();
  return stream(call, services);
}

// As a handler that computes: until the client leaves.
Result<Reply> blocked_work(const Call& call, Services& services) {
  const std::stop_callback gone(call.abandoned, [&] { stage_of(services).release(); });
  stage_of(services).block();
  return text("released");
}

Result<Reply> throws(const Call&, Services&) { throw std::runtime_error("secret detail"); }

Result<Reply> big(const Call&, Services&) { return text(std::string(std::size_t{8} << 20, 'b')); }

Result<Reply> bad_header(const Call&, Services&) {
  Answer answer = text("ok");
  answer.headers = {{"x-good", "yes"}, {"x-bad", "a\r\nset-cookie: stolen"}};
  return answer;
}

const BodySchema kAnyBody{};

// Says back what it hears, in order; "bye" ends it.
class Parrot final : public Conversation {
 public:
  void on_ready(std::function<void()> wake) override { wake_ = std::move(wake); }
  void hear(std::string_view text) override { heard_.emplace_back(text); }
  ChunkState poll(std::string& text) override {
    if (heard_.empty()) return ChunkState::kWait;
    text = heard_.front();
    heard_.pop_front();
    return text == "bye" ? ChunkState::kEnd : ChunkState::kMore;
  }

 private:
  std::function<void()> wake_;
  std::deque<std::string> heard_;
};

// Nobody ever wakes it: its time does.
class Timed final : public PendingAnswer {
 public:
  void on_ready(std::function<void()>) override {}
  Result<std::optional<Answer>> poll() override {
    if (system_clock().now() < at_) return std::optional<Answer>();
    return std::optional<Answer>(Answer{.content_type = "text/plain", .body = "time"});
  }
  std::optional<Monotonic> wake_at() const override { return at_; }

 private:
  const Monotonic at_ = system_clock().now() + std::chrono::milliseconds(1);
};

Result<Reply> timed(const Call&, Services&) { return Reply(std::make_unique<Timed>()); }

Result<Reply> talk(const Call&, Services&) { return Reply(std::make_unique<Parrot>()); }

const Route kRoutes[] = {
    {"GET", "/talk", Scope::kInference, Cost::kCheap, talk, ""},
    {"GET", "/timed", Scope::kInference, Cost::kCheap, timed, ""},
    {"GET", "/hello", Scope::kInference, Cost::kCheap, hello, ""},
    {"GET", "/open", Scope::kNone, Cost::kCheap, hello, ""},
    {"GET", "/admin", Scope::kAdmin, Cost::kCheap, hello, ""},
    {"POST", "/echo", Scope::kInference, Cost::kWork, echo, ""},
    {"POST", "/json", Scope::kInference, Cost::kWork, echo, "", &kAnyBody},
    {"GET", "/pending", Scope::kInference, Cost::kCheap, pending, ""},
    {"POST", "/pending", Scope::kInference, Cost::kWork, pending, ""},
    {"GET", "/stream", Scope::kInference, Cost::kCheap, stream, ""},
    {"POST", "/stream", Scope::kInference, Cost::kWork, stream, ""},
    {"GET", "/blocked", Scope::kInference, Cost::kWork, blocked, ""},
    {"GET", "/blocked-stream", Scope::kInference, Cost::kWork, blocked_stream, ""},
    {"GET", "/blocked-work", Scope::kInference, Cost::kWork, blocked_work, ""},
    {"GET", "/throws", Scope::kInference, Cost::kWork, throws, ""},
    {"GET", "/big", Scope::kInference, Cost::kCheap, big, ""},
    {"GET", "/bad-header", Scope::kInference, Cost::kCheap, bad_header, ""},
    {"GET", "/items/{id}", Scope::kInference, Cost::kCheap, describe, ""},
    {"DELETE", "/items/{id}", Scope::kInference, Cost::kWork, describe, ""},
    {"GET", "/models/{name...}", Scope::kInference, Cost::kCheap, describe, ""},
};

}  // namespace

void Feed::push(std::string bytes) {
  {
    MutexLock lock(mutex_);
    bytes_ += bytes;
  }
  wake();
}

void Feed::end() {
  {
    MutexLock lock(mutex_);
    ended_ = true;
  }
  wake();
}

void Feed::endless(std::string bytes) {
  {
    MutexLock lock(mutex_);
    endless_ = std::move(bytes);
  }
  wake();
}

void Feed::wake() {
  std::function<void()> wake;
  {
    MutexLock lock(mutex_);
    wake = wake_;
  }
  if (wake) wake();
}

void Feed::on_ready(std::function<void()> wake) {
  MutexLock lock(mutex_);
  wake_ = std::move(wake);
}

void Feed::destroyed() {
  MutexLock lock(mutex_);
  destroyed_ = true;
  changed_.notify_all();
}

bool Feed::wait_destroyed() {
  MutexLock lock(mutex_);
  return changed_.wait_for(mutex_, kDeadline, [this]() REQUIRES(mutex_) { return destroyed_; });
}

int Feed::polls() {
  MutexLock lock(mutex_);
  return polls_;
}

bool Feed::wait_polled() {
  MutexLock lock(mutex_);
  return changed_.wait_for(mutex_, kDeadline, [this]() REQUIRES(mutex_) { return polls_ > 0; });
}

ChunkState Feed::poll(std::string& out) {
  MutexLock lock(mutex_);
  ++polls_;
  changed_.notify_all();
  out += std::exchange(bytes_, {});
  out += endless_;
  if (!endless_.empty()) return ChunkState::kMore;
  return ended_ ? ChunkState::kEnd : ChunkState::kWait;
}

Status FakeKeys::add(const ApiKey& key) {
  keys.push_back(key);
  return {};
}

Result<std::optional<ApiKey>> FakeKeys::find_by_hash(std::string_view hash) {
  ++look_ups;
  if (broken) return fail(ErrorCode::kIo, "disk on fire at /secret/path");
  for (const ApiKey& key : keys) {
    if (key.hash == hash) return std::optional<ApiKey>(key);
  }
  return std::optional<ApiKey>();
}

ApiKey key_for(std::string_view secret, std::string id, std::vector<std::string> scopes) {
  ApiKey key;
  key.id = std::move(id);
  key.hash = to_hex(sha256(secret));
  key.shown = "sk-…";
  key.scopes = std::move(scopes);
  return key;
}

std::shared_ptr<Feed> Stage::new_feed() {
  MutexLock lock(mutex_);
  changed_.notify_all();
  return feeds_.emplace_back(std::make_shared<Feed>());
}

std::shared_ptr<Feed> Stage::wait_feed(std::size_t index) {
  MutexLock lock(mutex_);
  changed_.wait_for(mutex_, kDeadline, [&]() REQUIRES(mutex_) { return feeds_.size() > index; });
  return index < feeds_.size() ? feeds_[index] : nullptr;
}

void Stage::block() {
  MutexLock lock(mutex_);
  ++blocked_;
  changed_.notify_all();
  changed_.wait_for(mutex_, kDeadline, [this]() REQUIRES(mutex_) { return released_; });
}

bool Stage::wait_blocked(int count) {
  MutexLock lock(mutex_);
  return changed_.wait_for(mutex_, kDeadline, [&]() REQUIRES(mutex_) { return blocked_ >= count; });
}

void Stage::release() {
  MutexLock lock(mutex_);
  released_ = true;
  changed_.notify_all();
}

struct TestServer::Parts {
  Parts(Stage& stage, Metrics& metrics, FakeKeys& keys)
      : runner(stage),
        services{.clock = system_clock(),
                 .metrics = metrics,
                 .models = models,
                 .responses = store->responses(),
                 .completions = store->completions(),
                 .keys = keys,
                 .background = runner,
                 .limits = {}} {}

  NoModels models;
  std::unique_ptr<SqliteStore> store = open_store();  // in memory; no route here uses it
  StageRunner runner;
  Services services;
};

TestServer::TestServer(ServerOptions options, std::vector<ApiKey> known_keys)
    : parts_(std::make_unique<Parts>(stage, *metrics, keys)) {
  keys.keys = std::move(known_keys);
  options.listen = "127.0.0.1:0";
  auto server = make_server(options, kRoutes, parts_->services);
  CHECK(server.has_value());
  server_ = std::move(*server);
  thread_ = std::jthread([this] {
    server_->run();
    MutexLock lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  });
}

Services& TestServer::services() { return parts_->services; }

TestServer::~TestServer() {
  stage.release();
  server_->stop_now();
  thread_.join();
}

bool TestServer::wait_ended() {
  MutexLock lock(mutex_);
  return changed_.wait_for(mutex_, kDeadline, [this]() REQUIRES(mutex_) { return ended_; });
}

double TestServer::count(std::string_view name, const Labels& labels) {
  return metrics->counter(name, "", labels).value();
}

// Counters have no event to wait for; the server posts to itself, so a look between its turns is
// enough.
bool TestServer::wait_count(std::string_view name, const Labels& labels, double value) {
  const auto give_up = std::chrono::steady_clock::now() + kDeadline;
  while (count(name, labels) < value) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace diptych::testing
