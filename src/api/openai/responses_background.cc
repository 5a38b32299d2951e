#include "api/openai/responses_background.h"

#include <functional>
#include <utility>
#include <vector>

#include "api/background.h"
#include "api/openai/responses_chain.h"
#include "api/openai/responses_object.h"
#include "base/log.h"

namespace diptych::openai {
namespace {

constexpr int kStoreAttemptsMax = 3;

class ResponseTask final : public BackgroundTask {
 public:
  ResponseTask(std::unique_ptr<ResponseRun> run, ResponseStore& store)
      : run_(std::move(run)), store_(store), stored_status_(run_->status()) {}

  void on_ready(std::function<void()> wake) override {
    wake_ = wake;
    run_->on_ready(std::move(wake));
  }

  bool poll() override {
    if (!run_->ended() && run_->poll()) run_->end();
    return save();
  }

  void abandon(TaskEnd end) override {
    if (end == TaskEnd::kCancelled) {
      run_->cancel();
    } else {
      run_->fail_with({.code = ErrorCode::kCancelled,
                       .message = "The server stopped before this response was finished.",
                       .param = {},
                       .detail = {}});
    }
    run_->end();
    while (!save()) {
    }
  }

 private:
  // True: there is nothing more to do for this task.
  bool save() {
    for (EventRow& event : run_->take_events()) unsaved_.push_back(std::move(event));
    if (unsaved_.empty() && run_->status() == stored_status_) return run_->ended();
    const Status saved = write();
    if (saved) {
      stored_status_ = run_->status();
      unsaved_.clear();
      attempts_ = 0;
      return run_->ended();
    }
    if (saved.error().code == ErrorCode::kNotFound)
      return true;  // erased meanwhile: nobody can read it any more
    if (++attempts_ < kStoreAttemptsMax) {
      wake_();  // the events are kept and written with the next ones
      return false;
    }
    log_error("Response {} is given up, the store refuses its events: {}", id(),
              saved.error().message);
    return true;  // settle_unfinished_responses ends it at the next start
  }

  // State, object and events change in one transaction, or the events alone while the state stays.
  Status write() {
    if (run_->status() == stored_status_) return store_.append_events(id(), unsaved_);
    return store_.update({.id = id(),
                          .status = run_->status(),
                          .body = dump_json(run_->object()),
                          .events = unsaved_,
                          .item_ids = item_ids_of(run_->object()["output"])});
  }

  const std::string& id() { return run_->object()["id"].as_string(); }

  std::unique_ptr<ResponseRun> run_;
  ResponseStore& store_;
  std::function<void()> wake_;
  std::string stored_status_;
  std::vector<EventRow> unsaved_;
  int attempts_ = 0;
};

Status settle(const ResponseRow& row, ResponseStore& store) {
  TRY(Json object, parse_json(row.body));
  TRY(const std::int64_t next, store.next_sequence(row.id));
  const Error error{.code = ErrorCode::kCancelled,
                    .message = "The server was restarted before this response was finished.",
                    .param = {},
                    .detail = {}};
  set_failed(object, object["output"], error);
  EventLog log(next);
  log.add_error(error_of_response(error));
  log.add_response(end_event("failed"), object);
  return store.update({.id = row.id,
                       .status = "failed",
                       .body = dump_json(object),
                       .events = log.take(),
                       .item_ids = {}});
}

}  // namespace

Status start_background_response(std::unique_ptr<ResponseRun> run, Services& services) {
  const ResponseRow row = run->row();
  TRY_STATUS(services.responses.put(row, run->take_events()));
  auto started = services.background.start(
      row.id, std::make_unique<ResponseTask>(std::move(run), services.responses));
  if (!started) (void)services.responses.erase(row.id, row.owner);
  return started;
}

}  // namespace diptych::openai

namespace diptych {

Status settle_unfinished_responses(Services& services) {
  TRY(const auto rows, services.responses.unfinished());
  for (const ResponseRow& row : rows) TRY_STATUS(openai::settle(row, services.responses));
  if (!rows.empty())
    log_info("{} unfinished responses of the last run are marked failed.", rows.size());
  return {};
}

}  // namespace diptych
