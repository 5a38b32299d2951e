#include "app/command_line.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

#include "app/commands/bench.h"
#include "app/commands/bench_quality.h"
#include "app/commands/chat.h"
#include "app/commands/convert.h"
#include "app/commands/doctor.h"
#include "app/commands/keys.h"
#include "app/commands/models.h"
#include "app/commands/samplers.h"
#include "app/commands/serve.h"
#include "app/commands/version.h"
#include "app/config_flags.h"
#include "app/picture_flags.h"
#include "base/json.h"
#include "base/log.h"
#include "store/store.h"

namespace diptych {
namespace {

constexpr int kGood = 0, kFailed = 1, kUsage = 2;

enum class ConfigNeed : std::uint8_t { kNone, kLoaded };
enum class LogDefault : std::uint8_t {
  kInfo,
  kWarnings
};  // commands for people are quiet unless told otherwise

class CommandLine {
 public:
  CommandLine();
  int run(int argc, char** argv);

 private:
  using Action = std::function<Result<Report>()>;
  using Sections = std::vector<std::string_view>;

  CLI::App& add(CLI::App& parent, const std::string& name, const std::string& doc, Action action);
  CLI::App& add_group(const std::string& name, const std::string& doc);
  void add_serve();
  void add_chat();
  void add_draw();
  void add_models();
  void add_keys();
  void add_convert();
  void add_bench();
  void add_others();
  Status prepare();
  int report_error(const Error& error, int code) const;
  Result<std::unique_ptr<SqliteStore>> open_store() const;
  OutputStyle style() const { return json_ ? OutputStyle::kJson : OutputStyle::kText; }

  AppConfig config_ = default_config(std::getenv);
  ConfigTable table_ = make_config_table(config_);
  CLI::App app_{"Diptych: one server for words, with OpenAI's API, and for pictures."};
  ConfigFlags flags_;
  std::string config_file_;
  bool json_ = false;
  bool markdown_ = false;
  ConfigNeed need_ = ConfigNeed::kLoaded;
  LogDefault log_default_ = LogDefault::kWarnings;
  Action action_;
  ChatOptions chat_;
  NewModel new_model_;
  std::string id_;
  std::string key_name_;
  std::vector<std::string> key_scopes_ = {"inference"};
  SpeedOptions speed_;
  DrawOptions draw_;
  PictureBenchOptions picture_bench_;
  QualityBenchOptions quality_;
  ConvertOptions convert_;
};

const std::vector<std::string_view> kPlaces = {"models.", "data.", "log."};
const std::vector<std::string_view> kModelSections = {"text.", "models.", "data.", "log."};

CommandLine::CommandLine() {
  app_.require_subcommand(1);
  app_.set_help_all_flag("--help-all", "Help of every command");
  add_serve();
  add_chat();
  add_draw();
  add_models();
  add_keys();
  add_convert();
  add_bench();
  add_others();
}

CLI::App& CommandLine::add(CLI::App& parent, const std::string& name, const std::string& doc,
                           Action action) {
  CLI::App& command = *parent.add_subcommand(name, doc);
  command.add_flag("--json", json_, "Output for scripts");
  command.add_option("--config", config_file_, "TOML file with options (docs/configuration.md)")
      ->type_name("FILE");
  command.callback([this, action = std::move(action)] { action_ = action; });
  return command;
}

CLI::App& CommandLine::add_group(const std::string& name, const std::string& doc) {
  CLI::App& group = *app_.add_subcommand(name, doc);
  group.require_subcommand(1);
  return group;
}

void CommandLine::add_serve() {
  CLI::App& command =
      add(app_, "serve", "Run the server until SIGTERM or SIGINT", [this]() -> Result<Report> {
        TRY_STATUS(serve(config_, style()));
        return Report{};
      });
  command.preparse_callback([this](std::size_t) { log_default_ = LogDefault::kInfo; });
  flags_.add(command, table_, {});
}

void CommandLine::add_chat() {
  CLI::App& command =
      add(app_, "chat", "Talk to a model in the terminal", [this]() -> Result<Report> {
        TRY_STATUS(chat(config_, chat_, style()));
        return Report{};
      });
  command.add_option("prompt", chat_.prompt,
                     "One message; without it a conversation, or all of a pipe");
  command.add_option("--model", chat_.model, "Model id [the default model]");
  command.add_option("--server", chat_.server,
                     "Talk to this server, http://HOST:PORT, instead of loading a model");
  command.add_option("--key", chat_.key, "API key for the server")->envname("OPENAI_API_KEY");
  command.add_option("--system", chat_.system, "System message");
  command.add_option("--temperature", chat_.temperature, "0 always takes the likeliest token")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 2.0));
  command.add_option("--top-p", chat_.top_p, "Share of probability to draw from")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  command.add_option("--max-tokens", chat_.answer_tokens_max, "Longest answer")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 20));
  command.add_option("--seed", chat_.seed, "The same seed gives the same answer");
  flags_.add(command, table_, kModelSections);
}

void CommandLine::add_draw() {
  CLI::App& command = add(app_, "draw", "Draw pictures with a model of this machine",
                          [this] { return draw(config_, draw_); });
  add_draw_flags(command, draw_);
  flags_.add(command, table_, kPlaces);
}

void CommandLine::add_models() {
  CLI::App& group = add_group("models", "Model files: list, info, add, remove");
  flags_.add(add(group, "list", "The models there are", [this] { return list_models(config_); }),
             table_, kPlaces);
  CLI::App& info = add(group, "info", "What a model file says of itself",
                       [this] { return describe_model(config_, id_); });
  info.add_option("id", id_, "Model id [the default model]");
  flags_.add(info, table_, kPlaces);
  CLI::App& adding = add(group, "add", "Take a GGUF file into the models folder",
                         [this] { return add_model(config_, new_model_); });
  adding.add_option("file", new_model_.file, "GGUF file")->required();
  adding.add_option("--id", new_model_.id, "Name for clients [from the file name]");
  adding.add_option("--sha256", new_model_.sha256, "Hash that the file must have");
  adding.add_flag("--copy", new_model_.copy, "Copy, also where a hard link would do");
  flags_.add(adding, table_, kPlaces);
  CLI::App& removing = add(group, "remove", "Delete a model from the models folder",
                           [this] { return remove_model(config_, id_); });
  removing.add_option("id", id_, "Model id")->required();
  flags_.add(removing, table_, kPlaces);
}

Result<std::unique_ptr<SqliteStore>> CommandLine::open_store() const {
  TRY_STATUS(make_directories(config_.data_dir));
  return make_sqlite_store(config_.store_file(), system_clock());
}

void CommandLine::add_keys() {
  const Sections places = {"data.", "log."};
  CLI::App& group = add_group("keys", "API keys: create, list, revoke");
  CLI::App& creating =
      add(group, "create", "Make a key and show it once", [this]() -> Result<Report> {
        TRY(const auto store, open_store());
        return create_key(store->keys(), key_name_, key_scopes_, system_clock());
      });
  creating.alias("add");
  creating.add_option("name,--name", key_name_, "What the key is for");
  creating.add_option("--scope,--scopes", key_scopes_, "inference, metrics, admin [inference]")
      ->delimiter(',');
  flags_.add(creating, table_, places);
  flags_.add(add(group, "list", "All keys, without their secrets",
                 [this]() -> Result<Report> {
                   TRY(const auto store, open_store());
                   return list_keys(store->keys());
                 }),
             table_, places);
  CLI::App& revoking =
      add(group, "revoke", "Make a key useless, for good", [this]() -> Result<Report> {
        TRY(const auto store, open_store());
        return revoke_key(store->keys(), id_, system_clock());
      });
  revoking.add_option("id", id_, "Id of the key, key_…")->required();
  flags_.add(revoking, table_, places);
}

void CommandLine::add_convert() {
  CLI::App& command =
      add(app_, "convert", "Turn a picture model from a folder into one file, or back",
          [this] { return convert_model(convert_); });
  command.add_option("from", convert_.from, "diffusers folder, safetensors or GGUF file")
      ->required();
  command.add_option("to", convert_.to, "FILE.safetensors, or else a folder")->required();
  command.add_option("--dtype", convert_.dtype, "f32, f16, bf16 [as they are]");
  command.add_option("--other-parts", convert_.other_parts,
                     "Model that has the parts which the first one lacks");
  command.add_flag("--force", convert_.force, "Replace what is there");
  flags_.add(command, table_, {"log."});
}

void CommandLine::add_bench() {
  CLI::App& group = add_group("bench", "Measure: speed, quality, words");
  CLI::App& speed = add(group, "speed", "Prefill and decode speed of one stream on this machine",
                        [this] { return bench_speed(config_, speed_); });
  speed.add_option("--model", speed_.model, "Model id [the default model]");
  speed.add_option("--prompt-tokens", speed_.prompt_tokens, "Length of the prompt")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  speed.add_option("--generate-tokens", speed_.generate_tokens, "Length of the answer")
      ->check(CLI::Range(2, 1 << 20))
      ->capture_default_str();
  speed.add_option("--repetitions", speed_.repetitions, "The best one counts")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  flags_.add(speed, table_, kModelSections);
  CLI::App& quality =
      add(group, "quality", "Perplexity of a text, and what an inexact layout costs",
          [this] { return bench_quality(config_, quality_); });
  quality.add_option("text", quality_.text, "UTF-8 text file, e.g. tests/data/quality/alice.txt")
      ->required();
  quality.add_option("--model", quality_.model, "Model id [the default model]");
  quality.add_option("--window", quality_.window, "Tokens that are read at once")
      ->check(CLI::Range(16, 1 << 20))
      ->capture_default_str();
  quality.add_option("--windows", quality_.windows_max, "Windows at most")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  flags_.add(quality, table_, kModelSections);
  CLI::App& pictures = add(group, "pictures", "Seconds of a picture's parts on this machine",
                           [this] { return bench_pictures(config_, picture_bench_); });
  add_picture_bench_flags(pictures, picture_bench_);
  flags_.add(pictures, table_, kPlaces);
  add(group, "words", "The whole comparison with llama-server", []() -> Result<Report> {
    return Report{.text =
                      "The comparison with llama-server is a script of the source tree: make "
                      "bench, or bench/words/run --help\n",
                  .json = Json::object({{"run", "bench/words/run"}})};
  });
}

void CommandLine::add_others() {
  CLI::App& doctor =
      add(app_, "doctor", "Check this machine and say what to do", [this]() -> Result<Report> {
        Report report = run_doctor(config_);
        report.json.set("options", describe_json(table_));
        return report;
      });
  flags_.add(doctor, table_, {});
  CLI::App& options =
      add(app_, "config", "Every option: where it can be set, its default, its value now",
          [this]() -> Result<Report> {
            return Report{.text = markdown_ ? describe_markdown(table_) : describe_text(table_),
                          .json = Json::object({{"options", describe_json(table_)}})};
          });
  options.add_flag("--markdown", markdown_, "As a page of documentation");
  flags_.add(options, table_, {});
  CLI::App& samplers = add(app_, "samplers", "The samplers and sigma schedules of diptych draw",
                           []() -> Result<Report> { return list_samplers(); });
  samplers.preparse_callback([this](std::size_t) { need_ = ConfigNeed::kNone; });
  CLI::App& version = add(app_, "version", "Versions of this program and what it is made of",
                          []() -> Result<Report> { return version_report(); });
  version.preparse_callback([this](std::size_t) { need_ = ConfigNeed::kNone; });
}

Status CommandLine::prepare() {
  if (need_ == ConfigNeed::kNone) return {};
  const std::vector<ConfigSetting> given = flags_.given();
  TRY_STATUS(load_config(config_, table_, config_file_, std::getenv, given));
  const bool level_given = table_.source_of("log.level") != "default";
  const bool quiet = log_default_ == LogDefault::kWarnings && !level_given;
  return start_logging(quiet ? "warn" : config_.log_level, config_.log_file);
}

int CommandLine::report_error(const Error& error, int code) const {
  if (json_) {
    const Json body = Json::object(
        {{"error",
          Json::object({{"code", name_of(error.code)},
                        {"message", error.message},
                        {"param", error.param.empty() ? Json() : Json(error.param)},
                        {"detail", error.detail.empty() ? Json() : Json(error.detail)}})}});
    fmt::print("{}\n", dump_json(body));
  } else {
    fmt::print(stderr, "diptych: {}\n", error.message);
  }
  return code;
}

int CommandLine::run(int argc, char** argv) {
  try {
    app_.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help
    app_.exit(success);
    return kGood;
  } catch (const CLI::RequiredError& error) {
    // CLI11 only says that a subcommand is missing when there is a wrong one.
    const std::vector<std::string> unknown = app_.remaining(true);
    const std::string message =
        unknown.empty() ? error.what() : fmt::format("there is no command \"{}\"", unknown.front());
    return report_error({ErrorCode::kInvalidArgument, message + "; see --help", "", "usage", 0},
                        kUsage);
  } catch (const CLI::ParseError& error) {
    if (json_)
      return report_error({ErrorCode::kInvalidArgument, error.what(), "", "usage", 0}, kUsage);
    app_.exit(error);
    return kUsage;
  }
  if (const Status ready = prepare(); !ready) return report_error(ready.error(), kUsage);
  const Result<Report> report = action_();
  if (!report) return report_error(report.error(), kFailed);
  if (!json_) {
    fmt::print("{}", report->text);
  } else if (!report->json.is_null()) {
    fmt::print("{}", dump_json_pretty(report->json));
  }
  return report->good ? kGood : kFailed;
}

}  // namespace

int run_command_line(int argc, char** argv) { return CommandLine().run(argc, argv); }

}  // namespace diptych
