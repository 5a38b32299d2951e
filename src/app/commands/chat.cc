#include "app/commands/chat.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "app/chat_session.h"
#include "app/line_reader.h"
#include "app/local_model.h"
#include "app/remote_chat.h"
#include "app/signals.h"
#include "base/json.h"
#include "base/rng.h"

namespace diptych {
namespace {

constexpr std::string_view kWelcome =
    "Talking to {}. /reset forgets the conversation, /exit or Ctrl-D ends it, Ctrl-C stops an "
    "answer.\n";

class Conversation {
 public:
  Conversation(ChatPartner& partner, OutputStyle style, SignalSource& signals)
      : partner_(partner), style_(style), signals_(signals) {}

  // One message and its answer.
  Status turn(const std::string& message) {
    answer_.clear();
    TRY(const TurnEnd end, partner_.say(message, hooks()));
    finish(end);
    return {};
  }

  // Until /exit, the end of the input, or a signal at the prompt. An error ends a turn, not the
  // conversation.
  Status loop() {
    fmt::print(stderr, fmt::runtime(kWelcome), partner_.model_id());
    LineReader reader(STDIN_FILENO);
    std::string line;
    while (true) {
      fmt::print(stderr, "\n> ");
      if (reader.next(signals_.file(), line) != LineReader::End::kLine || line == "/exit") break;
      if (line == "/reset") {
        partner_.reset();
        fmt::print(stderr, "(forgotten)\n");
      } else if (!line.empty()) {
        if (const Status status = turn(line); !status)
          fmt::print(stderr, "error: {}\n", status.error().message);
      }
    }
    fmt::print(stderr, "\n");
    return {};
  }

 private:
  TurnHooks hooks() {
    return {.show = [this](std::string_view text) { show(text); },
            .notice = [](std::string_view text) { fmt::print(stderr, "({})\n", text); },
            .wait = [this](int wake) { return wait(wake); }};
  }

  void show(std::string_view text) {
    answer_ += text;
    if (style_ == OutputStyle::kJson) return;
    fmt::print("{}", text);
    std::fflush(stdout);
  }

  bool wait(int wake) {
    std::array<pollfd, 2> files = {pollfd{signals_.file(), POLLIN, 0}, pollfd{wake, POLLIN, 0}};
    while (poll(files.data(), files.size(), -1) < 0) {  // EINTR only
    }
    return !signals_.take();
  }

  void finish(const TurnEnd& end) const {
    const bool cut = end.reason == FinishReason::kLength;
    if (style_ == OutputStyle::kText) {
      fmt::print("\n");
      std::fflush(stdout);
      if (end.interrupted) fmt::print(stderr, "(stopped)\n");
      if (cut) fmt::print(stderr, "(cut off: --max-tokens or the context is reached)\n");
      return;
    }
    const Json usage = Json::object({{"prompt_tokens", end.usage.prompt_tokens},
                                     {"cached_tokens", end.usage.cached_tokens},
                                     {"completion_tokens", end.usage.completion_tokens}});
    const Json done = Json::object({{"content", answer_},
                                    {"finish_reason", end.interrupted ? "interrupted"
                                                      : cut           ? "length"
                                                                      : "stop"},
                                    {"usage", usage}});
    fmt::print("{}\n", dump_json(done));
    std::fflush(stdout);
  }

  ChatPartner& partner_;
  std::string answer_;
  OutputStyle style_;
  SignalSource& signals_;
};

// All of the standard input.
std::string read_pipe(SignalSource& signals) {
  LineReader reader(STDIN_FILENO);
  std::string text, line;
  while (reader.next(signals.file(), line) == LineReader::End::kLine) {
    if (!text.empty()) text += '\n';
    text += line;
  }
  return text;
}

Status converse(ChatPartner& partner, const ChatOptions& options, OutputStyle style,
                SignalSource& signals) {
  Conversation conversation(partner, style, signals);
  if (!options.prompt.empty()) return conversation.turn(options.prompt);
  if (isatty(STDIN_FILENO) == 1) return conversation.loop();
  const std::string message = read_pipe(signals);
  if (message.empty()) {
    return fail(ErrorCode::kInvalidArgument, "nothing to say: give a PROMPT or pipe one in",
                "prompt");
  }
  return conversation.turn(message);
}

ChatSettings settings_of(const ChatOptions& options) {
  ChatSettings settings;
  settings.system = options.system;
  settings.sampling.temperature = options.temperature;
  settings.sampling.top_p = options.top_p;
  settings.sampling.seed = options.seed ? *options.seed : entropy64();
  settings.answer_tokens_max = options.answer_tokens_max;
  return settings;
}

}  // namespace

Status chat(const AppConfig& config, const ChatOptions& options, OutputStyle style) {
  TRY(const auto signals, SignalSource::open());
  if (!options.server.empty()) {
    TRY(const ServerUrl url, parse_server_url(options.server));
    TRY(const auto partner,
        make_remote_chat({.url = url, .key = options.key, .model = options.model},
                         settings_of(options)));
    return converse(*partner, options, style, *signals);
  }
  TRY(const Local local, load_local(config, options.model, *signals));
  ChatSession session(*local.model, settings_of(options));
  return converse(session, options, style, *signals);
}

}  // namespace diptych
