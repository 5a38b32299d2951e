#include "text/llama/backend.h"

#include <llama.h>

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

BackendFacts load() {
  const GgmlLibraries& libraries = load_ggml_libraries();
  llama_log_set(forward_log, nullptr);  // ggml's too, now that words are in play
  BackendFacts facts{libraries.folder, libraries.version, libraries.devices, {}};
  llama_backend_init();
  facts.packed = weights::install_ggml_hook();
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
