#pragma once
#include <string_view>

namespace diptych {

// Whether "HOST:PORT" can be reached from this machine only: 127.0.0.0/8, [::1] or localhost.
bool is_loopback(std::string_view listen);

}  // namespace diptych
