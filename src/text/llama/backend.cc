#include "text/llama/backend.h"

#include <ggml-backend.h>
#include <ggml.h>
#include <llama.h>

#include <cstdlib>
#include <string_view>

#include "base/log.h"

namespace diptych {
namespace {

thread_local const std::stop_token* step_stop = nullptr;

// Said at each load, and true of every server: the cache has room for many sequences, none of which
// may grow past what the model was trained for (the API refuses that).
bool is_harmless(std::string_view line) {
  return line.find("n_ctx_seq") != line.npos && line.find("n_ctx_train") != line.npos;
}

void forward_log(ggml_log_level level, const char* text, void*) {
  std::string_view line = text;
  while (line.ends_with('\n')) line.remove_suffix(1);
  if (line.empty() || line == ".") return;
  const bool expected = step_stop != nullptr && step_stop->stop_requested();
  // The library reports each tensor and buffer at info level: that is our debug level.
  LogLevel ours = LogLevel::kDebug;
  if (level == GGML_LOG_LEVEL_ERROR && !expected) ours = LogLevel::kError;
  if (level == GGML_LOG_LEVEL_WARN && !expected && !is_harmless(line)) ours = LogLevel::kInfo;
  log_at(ours, "llama.cpp: {}", line);
}

std::string_view kind_of(enum ggml_backend_dev_type type) {
  switch (type) {
    case GGML_BACKEND_DEVICE_TYPE_CPU:
      return "cpu";
    case GGML_BACKEND_DEVICE_TYPE_GPU:
      return "gpu";
    case GGML_BACKEND_DEVICE_TYPE_IGPU:
      return "igpu";
    case GGML_BACKEND_DEVICE_TYPE_ACCEL:
      return "accel";
    default:
      return "other";
  }
}

BackendFacts load() {
  llama_log_set(forward_log, nullptr);
  BackendFacts facts;
  const char* folder = std::getenv("DIPTYCH_BACKENDS");
  facts.folder = folder != nullptr ? folder : DIPTYCH_GGML_BACKENDS;
  ggml_backend_load_all_from_path(facts.folder.c_str());
  llama_backend_init();
  facts.packed = weights::install_ggml_hook();
  facts.llama_version = std::string("ggml ") + ggml_version() + " (" + ggml_commit() + ")";
  for (std::size_t i = 0; i < ggml_backend_dev_count(); ++i) {
    ggml_backend_dev_t device = ggml_backend_dev_get(i);
    DeviceFacts seen;
    seen.name = ggml_backend_dev_name(device);
    seen.description = ggml_backend_dev_description(device);
    seen.kind = kind_of(ggml_backend_dev_type(device));
    ggml_backend_dev_memory(device, &seen.memory_free, &seen.memory_total);
    facts.devices.push_back(std::move(seen));
  }
  log_info("back ends from {}: {} device(s); packed weights: {}", facts.folder,
           facts.devices.size(), facts.packed.reason);
  return facts;
}

}  // namespace

const BackendFacts& load_backends() {
  static const BackendFacts facts = load();
  return facts;
}

ExpectedAbort::ExpectedAbort(const std::stop_token& stop) { step_stop = &stop; }
ExpectedAbort::~ExpectedAbort() { step_stop = nullptr; }

}  // namespace diptych
