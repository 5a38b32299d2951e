#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "app/report.h"
#include "base/clock.h"
#include "base/error.h"
#include "jobs/stores.h"

namespace diptych {

Result<Report> create_key(KeyStore& keys, std::string_view name,
                          const std::vector<std::string>& scopes, const Clock& clock);
Result<Report> list_keys(KeyStore& keys);
Result<Report> revoke_key(KeyStore& keys, std::string_view id, const Clock& clock);

}  // namespace diptych
