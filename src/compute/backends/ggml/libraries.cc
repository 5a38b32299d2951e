#include "compute/backends/ggml/libraries.h"

#include <ggml-backend.h>
#include <ggml.h>

#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/log.h"

namespace diptych {
namespace {

// ggml reports each buffer at info level: that is our debug level.
void forward_log(ggml_log_level level, const char* text, void*) {
  std::string_view line = text;
  while (line.ends_with('\n')) line.remove_suffix(1);
  if (line.empty() || line == ".") return;
  LogLevel ours = LogLevel::kDebug;
  if (level == GGML_LOG_LEVEL_ERROR) ours = LogLevel::kError;
  if (level == GGML_LOG_LEVEL_WARN) ours = LogLevel::kInfo;
  log_at(ours, "ggml: {}", line);
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

GgmlLibraries load() {
  ggml_log_set(forward_log, nullptr);
  GgmlLibraries loaded;
  const char* folder = std::getenv("DIPTYCH_BACKENDS");
  loaded.folder = folder != nullptr ? folder : DIPTYCH_GGML_BACKENDS;
  ggml_backend_load_all_from_path(loaded.folder.c_str());
  loaded.version = std::string("ggml ") + ggml_version() + " (" + ggml_commit() + ")";
  for (std::size_t i = 0; i < ggml_backend_dev_count(); ++i) {
    ggml_backend_dev_t device = ggml_backend_dev_get(i);
    GgmlDeviceFacts facts;
    facts.name = ggml_backend_dev_name(device);
    facts.description = ggml_backend_dev_description(device);
    facts.kind = kind_of(ggml_backend_dev_type(device));
    ggml_backend_dev_memory(device, &facts.memory_free, &facts.memory_total);
    loaded.devices.push_back(std::move(facts));
  }
  return loaded;
}

}  // namespace

const GgmlLibraries& load_ggml_libraries() {
  static const GgmlLibraries loaded = load();
  return loaded;
}

}  // namespace diptych
