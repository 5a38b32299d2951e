#pragma once
// A model loaded for one command of this process, with what it needs around it.

#include <memory>
#include <string>

#include "app/config.h"
#include "app/signals.h"
#include "base/metrics.h"
#include "compute/cores.h"
#include "text/model.h"

namespace diptych {

struct Local {
  std::unique_ptr<Metrics> metrics;
  std::unique_ptr<CoreArbiter> cores;
  std::shared_ptr<TextModel> model;  // last: it uses the others
};

// With a progress bar and for one sequence at a time. id "": the default model. A signal cancels.
Result<Local> load_local(const AppConfig& config, const std::string& id, SignalSource& signals);

}  // namespace diptych
