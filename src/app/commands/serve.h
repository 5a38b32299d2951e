#pragma once
#include "app/config.h"

namespace diptych {

enum class OutputStyle : std::uint8_t { kText, kJson };

// Serves until a signal. With kJson, one line {"event":"listening",…} on stdout when connections
// are accepted.
Status serve(const AppConfig& config, OutputStyle style);

}  // namespace diptych
