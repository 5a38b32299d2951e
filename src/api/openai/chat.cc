#include "api/openai/chat.h"

#include "api/openai/answer_notes.h"
#include "api/openai/chat_run.h"
#include "api/openai/chat_stream.h"
#include "api/openai/sse.h"

namespace diptych::openai {
namespace {

class WholeChat final : public PendingAnswer {
 public:
  explicit WholeChat(std::unique_ptr<ChatRun> run) : run_(std::move(run)) {}

  void on_ready(std::function<void()> wake) override { run_->on_ready(std::move(wake)); }
  Result<std::optional<Answer>> poll() override {
    for (;;) {
      TRY(const auto news, run_->next());
      if (!news) break;
    }
    if (!run_->done() || !run_->kept()) return std::optional<Answer>();
    Answer answer{.body = run_->answer_json()};
    add_warning_header(answer, run_->warnings());
    return std::optional<Answer>(std::move(answer));
  }

 private:
  std::unique_ptr<ChatRun> run_;
};

}  // namespace

Result<Reply> create_chat_completion(const Call& call, Services& services) {
  TRY(ChatBody body, parse_chat_body(call.body, services.limits.choices_max));
  const bool stream = body.stream;
  TRY(auto run, ChatRun::start(std::move(body), call, services));
  if (!stream) return Reply(std::make_unique<WholeChat>(std::move(run)));
  Answer head = sse_head(run->warnings());
  return Reply(StreamedAnswer{std::move(head), std::make_unique<ChatStream>(std::move(run))});
}

}  // namespace diptych::openai
