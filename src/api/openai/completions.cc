#include "api/openai/completions.h"

#include <fmt/format.h>

#include "api/openai/answer_notes.h"
#include "api/openai/completion_json.h"
#include "api/openai/completion_run.h"
#include "api/openai/sse.h"

namespace diptych::openai {
namespace {

constexpr std::size_t kPollBytesMax = 64 << 10;  // then other connections get their turn

class WholeCompletion final : public PendingAnswer {
 public:
  explicit WholeCompletion(std::unique_ptr<CompletionRun> run) : run_(std::move(run)) {}

  void on_ready(std::function<void()> wake) override { run_->on_ready(wake); }
  Result<std::optional<Answer>> poll() override {
    TRY_STATUS(run_->read_all());
    if (!run_->done()) return std::optional<Answer>();
    Answer answer{.body = run_->answer_json()};
    add_warning_header(answer, run_->body().warnings);
    return std::optional<Answer>(std::move(answer));
  }

 private:
  std::unique_ptr<CompletionRun> run_;
};

class CompletionStream final : public ChunkSource {
 public:
  explicit CompletionStream(std::unique_ptr<CompletionRun> run)
      : run_(std::move(run)),
        head_(fmt::format(R"({{{},"choices":[)", head_members(run_->head(), "text_completion"))),
        with_usage_(run_->body().stream_options.include_usage) {}

  void on_ready(std::function<void()> wake) override { run_->on_ready(wake); }
  ChunkState poll(std::string& out) override {
    if (ended_) return ChunkState::kEnd;
    const std::size_t size_before = out.size();
    while (out.size() - size_before < kPollBytesMax) {
      const auto news = run_->next();
      if (!news) {
        append_sse_error(out, news.error());
        ended_ = true;
        return ChunkState::kEnd;
      }
      if (!*news) return run_->done() ? write_end(out) : ChunkState::kWait;
      write_news(out, **news);
    }
    return ChunkState::kMore;
  }

 private:
  void write_news(std::string& out, const TextNews& news) {
    if (news.text.empty() && news.logprobs.empty() && !news.finish) return;  // text is held back
    if (news.finish && ++finished_ == run_->choice_count()) {
      last_ = news;
    } else {
      write_chunk(out, news, {});
    }
  }

  void write_chunk(std::string& out, const TextNews& news, std::string_view more) {
    out += "data: ";
    out += head_;
    append_text_choice(out, news);
    out += with_usage_ ? "],\"usage\":null" : "]";
    out += more;
    out += "}\n\n";
  }

  // The last choice's finish waits for the end of the work: the times are complete only then.
  ChunkState write_end(std::string& out) {
    if (last_) {
      const Warnings& warnings = run_->body().warnings;
      write_chunk(out, *last_, ",\"x_diptych\":" + diptych_note(run_->times(), warnings));
    }
    if (with_usage_)
      append_sse_data(out, head_ + "],\"usage\":" + dump_json(chat_usage(run_->counts())) + "}");
    append_sse_done(out);
    ended_ = true;
    return ChunkState::kEnd;
  }

  std::unique_ptr<CompletionRun> run_;
  std::string head_;  // of every chunk
  bool with_usage_;
  std::optional<TextNews> last_;  // its finish is still to be told
  int finished_ = 0;              // choices
  bool ended_ = false;
};

}  // namespace

Result<Reply> create_completion(const Call& call, Services& services) {
  TRY(CompletionBody body, parse_completion_body(call.body, services.limits.choices_max));
  const bool stream = body.stream;
  TRY(auto run, CompletionRun::start(std::move(body), call, services));
  if (!stream) return Reply(std::make_unique<WholeCompletion>(std::move(run)));
  Answer head = sse_head(run->body().warnings);
  return Reply(StreamedAnswer{std::move(head), std::make_unique<CompletionStream>(std::move(run))});
}

}  // namespace diptych::openai
