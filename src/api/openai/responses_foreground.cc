#include "api/openai/responses_foreground.h"

#include <utility>

#include "api/openai/responses_object.h"
#include "api/openai/sse.h"
#include "base/log.h"

namespace diptych::openai {
namespace {

// Before anybody hears of the end. An answer that cannot be kept is still an answer, and says so.
void keep(ResponseRun& run, ResponseStore& store) {
  if (!run.stored()) return;
  const Status kept = store.put(run.row(), {});
  if (kept) return;
  log_error("Response {} is not stored: {}", run.object()["id"].as_string(), kept.error().message);
  run.object().set("store", false);
  add_warnings(
      run.object(),
      {{"store", "This response could not be stored: it cannot be read or continued later."}});
}

class WholeResponse final : public PendingAnswer {
 public:
  WholeResponse(std::unique_ptr<ResponseRun> run, ResponseStore& store)
      : run_(std::move(run)), store_(store) {}

  void on_ready(std::function<void()> wake) override { run_->on_ready(std::move(wake)); }

  Result<std::optional<Answer>> poll() override {
    const bool ended = run_->poll();
    (void)run_->take_events();  // nobody listens
    if (!ended) return std::nullopt;
    if (run_->error()) return fail(*run_->error());
    keep(*run_, store_);
    Answer answer;
    answer.body = dump_json(run_->object());
    return answer;
  }

 private:
  std::unique_ptr<ResponseRun> run_;
  ResponseStore& store_;
};

class ResponseEvents final : public ChunkSource {
 public:
  ResponseEvents(std::unique_ptr<ResponseRun> run, ResponseStore& store)
      : run_(std::move(run)), store_(store) {}

  void on_ready(std::function<void()> wake) override { run_->on_ready(std::move(wake)); }

  ChunkState poll(std::string& out) override {
    const bool ended = run_->poll();
    if (ended) {
      keep(*run_, store_);
      run_->end();
    }
    for (const EventRow& event : run_->take_events()) append_sse_event(out, event.type, event.body);
    return ended ? ChunkState::kEnd : ChunkState::kWait;
  }

 private:
  std::unique_ptr<ResponseRun> run_;
  ResponseStore& store_;
};

}  // namespace

std::unique_ptr<PendingAnswer> answer_response(std::unique_ptr<ResponseRun> run,
                                               ResponseStore& store) {
  return std::make_unique<WholeResponse>(std::move(run), store);
}

std::unique_ptr<ChunkSource> stream_response(std::unique_ptr<ResponseRun> run,
                                             ResponseStore& store) {
  return std::make_unique<ResponseEvents>(std::move(run), store);
}

}  // namespace diptych::openai
