#include "app/commands/doctor.h"

#include <fmt/format.h>

#include <array>

#include "app/build_info.h"
#include "app/machine.h"
#include "app/object_graph.h"
#include "app/progress_bar.h"
#include "app/text_models.h"
#include "store/store.h"
#include "text/llama/backend.h"

namespace diptych {
namespace {

enum class Level : std::uint8_t { kOk, kWarn, kFail };
constexpr std::array<std::string_view, 3> kLevelNames = {"ok", "warn", "fail"};

struct Finding {
  Level level = Level::kOk;
  std::string text;
  std::string advice;  // what to do; empty when ok
};

Finding ok(std::string text) { return {Level::kOk, std::move(text), ""}; }
Finding warn(std::string text, std::string advice) {
  return {Level::kWarn, std::move(text), std::move(advice)};
}
Finding bad(std::string text, std::string advice) {
  return {Level::kFail, std::move(text), std::move(advice)};
}

Finding check_cpu(const AppConfig& config) {
  const auto cores = make_core_arbiter(config.threads_max, system_clock());
  const std::vector<std::string> found = vector_extensions();
  const std::string text = fmt::format("{} cores, {}", cores->core_count(), fmt::join(found, " "));
  if (!found.empty()) return ok(text);
  return warn(text + "no vector instructions that we know",
              "words will be slow; a CPU with AVX2 or NEON is wanted");
}

Finding check_backends(const AppConfig&) {
  const BackendFacts& facts = load_backends();
  std::vector<std::string> devices;
  for (const GgmlDeviceFacts& device : facts.devices) {
    devices.push_back(fmt::format("{} ({}, {})", device.name, device.kind, device.description));
  }
  if (!devices.empty()) return ok(fmt::format("{}", fmt::join(devices, "; ")));
  return bad(fmt::format("no ggml back end in {}", facts.folder), "run tools/bootstrap");
}

Finding check_layout(const AppConfig&) {
  const auto& packed = load_backends().packed;
  if (packed.active) return ok(packed.reason);
  return warn("our weight layout is off: " + packed.reason,
              "nothing is wrong; ggml's own kernels are used");
}

Finding check_default_model(const AppConfig& config) {
  const LibraryPlaces places = library_places(config);
  if (const Status gguf = check_gguf(config.chat_model); !gguf) {
    return bad(gguf.error().message, "run tools/bootstrap, or name another file with --chat-model");
  }
  if (config.chat_model != Path(DIPTYCH_CHAT_MODEL))
    return ok(fmt::format("{} ({})", places.default_id, config.chat_model.string()));
  ProgressBar bar("hashing", system_clock());
  const auto hash =
      sha256_of_file(config.chat_model, [&bar](std::uint64_t done, std::uint64_t all) {
        bar.show(static_cast<double>(done) / static_cast<double>(all));
      });
  if (!hash) return bad(hash.error().message, "run tools/bootstrap");
  if (*hash == build_info().chat_model_sha256)
    return ok(fmt::format("{}, hash as pinned", places.default_id));
  return bad(fmt::format("{} has sha256 {}", config.chat_model.string(), *hash),
             "remove the file and run tools/bootstrap");
}

Finding check_models_folder(const AppConfig& config) {
  const auto entries = ModelLibrary(library_places(config)).list();
  if (!entries) return bad(entries.error().message, "see the message");
  return ok(fmt::format("{} models, folder {}", entries->size(), config.models_folder().string()));
}

Finding check_data(const AppConfig& config) {
  const std::string advice = "choose another folder with --data-dir, or make this one writable";
  if (const Status made = make_directories(config.data_dir); !made)
    return bad(made.error().message, advice);
  const Path probe = config.data_dir / ".doctor";
  if (const Status written = write_file_atomically(probe, ""); !written)
    return bad(written.error().message, advice);
  std::error_code ignored;
  std::filesystem::remove(probe, ignored);
  const auto store = make_sqlite_store(config.store_file(), system_clock());
  if (!store) return bad(store.error().message, advice);
  return ok(config.data_dir.string());
}

Finding check_access(const AppConfig& config) {
  const auto store = make_sqlite_store(config.store_file(), system_clock());
  if (!store) return bad(store.error().message, "see data folder");
  if (const Status keys = check_keys(config, (*store)->keys()); !keys)
    return bad(keys.error().message, "diptych keys create");
  return ok(config.server.require_key ? "API keys are required" : "open, on loopback only");
}

Finding check_port(const AppConfig& config) {
  if (const Status free = probe_listen(config.server.listen); !free) {
    return warn(
        free.error().message,
        "fine if a Diptych runs there; else stop what listens, or choose another with --listen");
  }
  return ok(config.server.listen + " is free");
}

Finding check_memory(const AppConfig& config) {
  const std::uint64_t available = memory_available();
  std::uint64_t model = 0;
  if (const auto size = size_of_file(config.chat_model)) model = *size;
  const std::uint64_t wanted =
      3 * model + config.kv_bytes_max;  // mapped file, packed copy, scratch
  const std::string text =
      fmt::format("{} available, about {} wanted", human_size(available), human_size(wanted));
  return available >= wanted ? ok(text)
                             : warn(text, "lower --max-kv-size or choose a smaller model");
}

struct CheckRow {
  std::string_view name;
  Finding (*check)(const AppConfig&);
};
constexpr std::array kChecks = {
    CheckRow{"cpu", check_cpu},
    CheckRow{"back ends", check_backends},
    CheckRow{"layout", check_layout},
    CheckRow{"default model", check_default_model},
    CheckRow{"models", check_models_folder},
    CheckRow{"data folder", check_data},
    CheckRow{"access", check_access},
    CheckRow{"port", check_port},
    CheckRow{"memory", check_memory},
};

}  // namespace

Report run_doctor(const AppConfig& config) {
  Report report{.json = Json::object({{"checks", Json::array()}})};
  for (const CheckRow& row : kChecks) {
    const Finding finding = row.check(config);
    const std::string_view level = kLevelNames[static_cast<std::size_t>(finding.level)];
    report.text += fmt::format("{:<5} {:<14} {}\n", level, row.name, finding.text);
    if (!finding.advice.empty()) report.text += fmt::format("{:20} -> {}\n", "", finding.advice);
    report.json.find("checks")->push_back(Json::object({{"name", row.name},
                                                        {"level", level},
                                                        {"text", finding.text},
                                                        {"advice", finding.advice}}));
    report.good = report.good && finding.level != Level::kFail;
  }
  report.json.set("good", report.good);
  return report;
}

}  // namespace diptych
