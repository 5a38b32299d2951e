#include "app/chat_session.h"

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "text/chat/prompt_tokens.h"

namespace diptych {
namespace {

constexpr int kAnswerTokensMin = 16;  // less room than this is no room for an answer

// Shared with the scheduler's wake function, which may outlive the turn by a moment.
class WakeFile {
 public:
  static Result<std::shared_ptr<WakeFile>> open() {
    const int file = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (file < 0) return fail(ErrorCode::kInternal, "eventfd: no file descriptor is left");
    return std::shared_ptr<WakeFile>(new WakeFile(file));
  }
  ~WakeFile() { ::close(file_); }
  WakeFile(const WakeFile&) = delete;
  WakeFile& operator=(const WakeFile&) = delete;
  int file() const { return file_; }
  void wake() { eventfd_write(file_, 1); }
  void clear() {
    eventfd_t ignored = 0;
    eventfd_read(file_, &ignored);
  }

 private:
  explicit WakeFile(int file) : file_(file) {}
  int file_;
};

class AnswerPrinter {
 public:
  AnswerPrinter(AnswerReader& reader, const TurnHooks& hooks, std::string& answer)
      : reader_(reader), hooks_(hooks), answer_(answer) {}
  void feed(std::string_view text) { show(reader_.feed(text)); }
  void finish() { show(reader_.finish()); }

 private:
  void show(const AnswerDelta& delta) {
    if (!delta.reasoning.empty()) hooks_.show(delta.reasoning);
    if (!delta.content.empty()) hooks_.show(delta.content);
    answer_ += delta.content;
  }
  AnswerReader& reader_;
  const TurnHooks& hooks_;
  std::string& answer_;
};

}  // namespace

ChatSession::ChatSession(TextModel& model, ChatSettings settings)
    : model_(model), settings_(std::move(settings)) {
  ChatSession::reset();
}

void ChatSession::reset() {
  messages_.clear();
  if (!settings_.system.empty())
    messages_.push_back({.role = "system", .content = settings_.system});
}

// The oldest question and its answer; never the system message nor the last message.
bool ChatSession::forget_oldest_turn() {
  const auto first =
      std::ranges::find_if(messages_, [](const ChatMessage& m) { return m.role != "system"; });
  if (messages_.end() - first < 3) return false;
  messages_.erase(first, first + 2);
  return true;
}

Result<GenerationRequest> ChatSession::make_request(const TurnHooks& hooks, ChatPrompt& prompt) {
  while (true) {
    TRY(prompt, model_.chat_format().render(messages_, {}));
    GenerationRequest request;
    request.prompt = tokenize_prompt(prompt, model_.vocabulary());
    const int room = model_.context_length() - static_cast<int>(request.prompt.size());
    if (room >= std::min(settings_.answer_tokens_max,
                         std::max(kAnswerTokensMin, model_.context_length() / 4))) {
      request.token_count_max = std::min(room, settings_.answer_tokens_max);
      request.sampling = settings_.sampling;
      request.sampling.seed +=
          messages_.size();  // a question asked twice need not get the same answer
      request.stops = prompt.stops;
      request.keep_special = !prompt.visible_tokens.empty();
      return request;
    }
    if (!forget_oldest_turn()) {
      return fail(
          ErrorCode::kInvalidArgument,
          fmt::format(
              "the message is {} tokens long; with room for an answer the model can take {}",
              request.prompt.size(), model_.context_length() * 3 / 4));
    }
    hooks.notice("the conversation is long: its oldest turn was forgotten");
  }
}

Result<TurnEnd> ChatSession::generate(GenerationRequest request, const ChatPrompt& prompt,
                                      const TurnHooks& hooks, std::string& answer) {
  TRY(const auto wake, WakeFile::open());
  TRY(const auto stream, model_.scheduler().submit(std::move(request)));
  stream->on_ready([wake] { wake->wake(); });
  const auto reader = model_.chat_format().make_reader(prompt);
  AnswerPrinter printer(*reader, hooks, answer);
  TurnEnd end;
  while (!stream->done() && !end.interrupted) {
    TRY(const std::optional<Delta> delta, stream->poll());
    if (delta) {
      printer.feed(delta->text);
      end.reason = delta->finish.value_or(end.reason);
    } else if (!stream->done()) {
      end.interrupted = !hooks.wait(wake->file());
      wake->clear();
    }
  }
  printer.finish();
  end.usage = stream->usage();
  return end;
}

Result<TurnEnd> ChatSession::say(std::string message, const TurnHooks& hooks) {
  messages_.push_back({.role = "user", .content = std::move(message)});
  ChatPrompt prompt;
  std::string answer;
  Result<TurnEnd> end = fail(ErrorCode::kInternal, "");
  if (auto request = make_request(hooks, prompt)) {
    end = generate(*std::move(request), prompt, hooks, answer);
  } else {
    end = fail(request.error());
  }
  if (!end) {
    messages_.pop_back();
    return end;
  }
  for (const Warning& warning : prompt.warnings) hooks.notice(warning.message);
  messages_.push_back({.role = "assistant", .content = std::move(answer)});
  return end;
}

}  // namespace diptych
