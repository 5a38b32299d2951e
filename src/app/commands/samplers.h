#pragma once
#include "app/report.h"

namespace diptych {

// Every solver and sigma schedule, from their registries.
Report list_samplers();

}  // namespace diptych
