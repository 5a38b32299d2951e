#pragma once
#include <cstdint>
#include <string_view>

#include "base/error.h"

namespace diptych {

enum class Reach : std::uint8_t { kThisMachine, kNetwork };

// Who can reach a server on "HOST:PORT": 127.0.0.0/8, [::1] and localhost are this machine only.
// kInvalidArgument: not an address.
Result<Reach> reach_of(std::string_view listen);

}  // namespace diptych
