#include "app/commands/chat.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "app/chat_session.h"
#include "app/line_reader.h"
#include "app/progress_bar.h"
#include "app/signals.h"
#include "app/text_models.h"
#include "base/json.h"
#include "base/metrics.h"
#include "base/rng.h"

namespace diptych {
namespace {

constexpr std::string_view kWelcome =
    "Talking to {}. /reset forgets the conversation, /exit or Ctrl-D ends it, Ctrl-C stops an "
    "answer.\n";

// What runs a model inside this process.
struct Local {
  std::unique_ptr<Metrics> metrics = make_metrics();
  std::unique_ptr<CoreArbiter> cores;
  std::shared_ptr<TextModel> model;
};

Result<Local> load_model(const AppConfig& config, const std::string& id, SignalSource& signals) {
  const ModelLibrary library{library_places(config)};
  TRY(const ModelEntry entry, library.find(id.empty() ? library.places().default_id : id));
  Local local;
  local.cores = make_core_arbiter(config.threads_max, system_clock());
  TextModelOptions options = text_model_options(config, entry);
  options.slots_max = options.scheduler.slots_max = 1;
  ProgressBar bar("loading " + entry.id, system_clock());
  options.progress = [&](float share) {
    bar.show(static_cast<double>(share));
    return !signals.take();
  };
  TRY(local.model, load_text_model(options, {system_clock(), *local.metrics, *local.cores}));
  return local;
}

class Conversation {
 public:
  Conversation(TextModel& model, const ChatOptions& options, OutputStyle style,
               SignalSource& signals)
      : session_(model, settings_of(options)), style_(style), signals_(signals) {}

  // One message and its answer.
  Status turn(const std::string& message) {
    TRY(const TurnEnd end, session_.say(message, hooks()));
    finish(end);
    return {};
  }

  // Until /exit, the end of the input, or a signal at the prompt. An error ends a turn, not the
  // conversation.
  Status loop(std::string_view model_id) {
    fmt::print(stderr, fmt::runtime(kWelcome), model_id);
    LineReader reader(STDIN_FILENO);
    std::string line;
    while (true) {
      fmt::print(stderr, "\n> ");
      if (reader.next(signals_.file(), line) != LineReader::End::kLine || line == "/exit") break;
      if (line == "/reset") {
        session_.reset();
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
  static ChatSettings settings_of(const ChatOptions& options) {
    ChatSettings settings;
    settings.system = options.system;
    settings.sampling.temperature = options.temperature;
    settings.sampling.top_p = options.top_p;
    settings.sampling.seed = options.seed ? *options.seed : entropy64();
    settings.answer_tokens_max = options.answer_tokens_max;
    return settings;
  }

  TurnHooks hooks() {
    return {.show = [this](std::string_view text) { show(text); },
            .notice = [](std::string_view text) { fmt::print(stderr, "({})\n", text); },
            .wait = [this](int wake) { return wait(wake); }};
  }

  void show(std::string_view text) const {
    if (style_ == OutputStyle::kJson) {
      fmt::print("{}\n", dump_json(Json::object({{"delta", text}})));
    } else {
      fmt::print("{}", text);
    }
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
    const Json done = Json::object({{"done", true},
                                    {"finish_reason", end.interrupted ? "interrupted"
                                                      : cut           ? "length"
                                                                      : "stop"},
                                    {"prompt_tokens", end.usage.prompt_tokens},
                                    {"cached_tokens", end.usage.cached_tokens},
                                    {"completion_tokens", end.usage.completion_tokens}});
    fmt::print("{}\n", dump_json(done));
    std::fflush(stdout);
  }

  ChatSession session_;
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

}  // namespace

Status chat(const AppConfig& config, const ChatOptions& options, OutputStyle style) {
  TRY(const auto signals, SignalSource::open());
  TRY(const Local local, load_model(config, options.model, *signals));
  Conversation conversation(*local.model, options, style, *signals);
  if (!options.prompt.empty()) return conversation.turn(options.prompt);
  if (isatty(STDIN_FILENO) == 1) return conversation.loop(local.model->id());
  const std::string message = read_pipe(*signals);
  if (message.empty()) {
    return fail(ErrorCode::kInvalidArgument, "nothing to say: give a PROMPT or pipe one in",
                "prompt");
  }
  return conversation.turn(message);
}

}  // namespace diptych
