#include "api/openai/responses_foreground.h"

#include <functional>
#include <optional>
#include <utility>

#include "api/openai/responses_object.h"
#include "api/openai/sse.h"
#include "api/openai/store_write.h"
#include "base/log.h"

namespace diptych::openai {
namespace {

// A run that is kept in the store when it ends, before anybody hears of the end.
class KeptRun {
 public:
  enum class Failures { kKept, kForgotten };  // forgotten: the caller has never heard the id
  KeptRun(std::unique_ptr<ResponseRun> run, Services& services, Failures failures)
      : run_(std::move(run)), services_(services), failures_(failures) {}

  void on_ready(std::function<void()> wake) {
    wake_ = wake;
    if (write_) write_->on_ready(wake);
    run_->on_ready(std::move(wake));
  }
  // True: ended, and kept if that was asked for.
  bool poll() { return (run_->ended() || run_->poll()) && keep(); }

  ResponseRun* operator->() { return run_.get(); }

 private:
  bool keep() {
    if (!run_->stored() || (run_->error() && failures_ == Failures::kForgotten)) return true;
    if (!write_) {
      ResponseRow row = run_->row();
      const std::string id = row.id;
      write_.emplace(
          services_.background, id,
          [&store = services_.responses, row = std::move(row)] { return store.put(row, {}); });
      write_->on_ready(wake_);
    }
    const auto written = write_->poll();
    if (written && !*written) tell_lost(written->error());
    return written.has_value();
  }

  // An answer that cannot be kept is still an answer, and says so.
  void tell_lost(const Error& error) {
    Json& object = run_->object();
    log_error("Response {} is not stored: {}", object["id"].as_string(), error.message);
    object.set("store", false);
    add_warnings(
        object,
        {{"store", "This response could not be stored: it cannot be read or continued later."}});
  }

  std::unique_ptr<ResponseRun> run_;
  Services& services_;
  Failures failures_;
  std::function<void()> wake_;
  std::optional<StoreWrite> write_;
};

class WholeResponse final : public PendingAnswer {
 public:
  explicit WholeResponse(KeptRun run) : run_(std::move(run)) {}

  void on_ready(std::function<void()> wake) override { run_.on_ready(std::move(wake)); }

  Result<std::optional<Answer>> poll() override {
    const bool ended = run_.poll();
    (void)run_->take_events();  // nobody listens
    if (run_->error()) return fail(*run_->error());
    if (!ended) return std::nullopt;
    Answer answer;
    answer.body = dump_json(run_->object());
    return answer;
  }

 private:
  KeptRun run_;
};

class ResponseEvents final : public ChunkSource {
 public:
  explicit ResponseEvents(KeptRun run) : run_(std::move(run)) {}

  void on_ready(std::function<void()> wake) override { run_.on_ready(std::move(wake)); }

  ChunkState poll(std::string& out) override {
    const bool ended = run_.poll();
    if (ended) run_->end();
    for (const EventRow& event : run_->take_events()) append_sse_event(out, event.type, event.body);
    return ended ? ChunkState::kEnd : ChunkState::kWait;
  }

 private:
  KeptRun run_;
};

}  // namespace

std::unique_ptr<PendingAnswer> answer_response(std::unique_ptr<ResponseRun> run,
                                               Services& services) {
  return std::make_unique<WholeResponse>(
      KeptRun(std::move(run), services, KeptRun::Failures::kForgotten));
}

std::unique_ptr<ChunkSource> stream_response(std::unique_ptr<ResponseRun> run, Services& services) {
  return std::make_unique<ResponseEvents>(
      KeptRun(std::move(run), services, KeptRun::Failures::kKept));
}

}  // namespace diptych::openai
