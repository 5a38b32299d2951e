#include "app/local_model.h"

#include "app/progress_bar.h"
#include "app/text_models.h"

namespace diptych {

Result<Local> load_local(const AppConfig& config, const std::string& id, SignalSource& signals) {
  const ModelLibrary library{library_places(config)};
  TRY(const ModelEntry entry, library.find(id.empty() ? library.places().default_id : id));
  Local local;
  local.metrics = make_metrics();
  local.cores = make_core_arbiter(config.threads_max, system_clock());
  TextModelOptions options = text_model_options(config, entry);
  options.slots_max = options.scheduler.slots_max = 1;
  ProgressBar bar("loading " + entry.id, system_clock());
  options.progress = [&](float share) {
    bar.show(static_cast<double>(share));
    return !signals.take();
  };
  TRY(local.model,
      load_text_model(options,
                      {.clock = system_clock(), .metrics = *local.metrics, .cores = *local.cores}));
  return local;
}

}  // namespace diptych
