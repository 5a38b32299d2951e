#pragma once
#include "app/config.h"
#include "app/report.h"

namespace diptych {

// Looks at everything a server needs and says of each: ok, warn or fail, and what to do. good is
// false if one failed.
Report run_doctor(const AppConfig& config);

}  // namespace diptych
