#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "jobs/stores.h"

namespace diptych {

struct NewKey {
  ApiKey row;          // to keep
  std::string secret;  // "sk-…", to show once
};

// kInvalidArgument: an unknown scope, or none.
Result<NewKey> make_api_key(std::string_view name, const std::vector<std::string>& scopes,
                            const Clock& clock);

}  // namespace diptych
