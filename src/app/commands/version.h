#pragma once
#include "app/report.h"

namespace diptych {
Report version_report();
}
