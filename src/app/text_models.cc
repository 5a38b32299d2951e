#include "app/text_models.h"

#include "app/build_info.h"

namespace diptych {

LibraryPlaces library_places(const AppConfig& config) {
  const bool is_bootstrap_model = config.chat_model == Path(DIPTYCH_CHAT_MODEL);
  return {.default_file = config.chat_model,
          .default_id = is_bootstrap_model ? std::string(build_info().chat_model_id)
                                           : model_id_of(config.chat_model),
          .folder = config.models_folder()};
}

TextModelOptions text_model_options(const AppConfig& config, const ModelEntry& entry) {
  TextModelOptions options;
  options.id = entry.id;
  options.path = entry.path;
  options.slots_max = config.scheduler.slots_max;
  options.kv_bytes_max = config.kv_bytes_max;
  options.threads_max = config.threads_max;
  options.deterministic = config.deterministic;
  options.inexact_layout = config.inexact_layout;
  options.scheduler = config.scheduler;
  return options;
}

ModelLoader make_text_loader(const AppConfig& config, TextRuntime runtime) {
  return [config, runtime](const ModelEntry& entry, const LoadProgress& progress) {
    TextModelOptions options = text_model_options(config, entry);
    options.progress = progress;
    return load_text_model(options, runtime);
  };
}

}  // namespace diptych
