#include "app/api_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "base/rng.h"

namespace diptych {
namespace {

constexpr std::array<std::string_view, 3> kScopes = {"inference", "metrics", "admin"};

std::string shown_part(std::string_view secret) {
  return fmt::format("{}…{}", secret.substr(0, 5), secret.substr(secret.size() - 2));
}

}  // namespace

Result<NewKey> make_api_key(std::string_view name, const std::vector<std::string>& scopes,
                            const Clock& clock) {
  if (scopes.empty()) return fail(ErrorCode::kInvalidArgument, "a key needs a scope", "scopes");
  for (const std::string& scope : scopes) {
    if (std::ranges::find(kScopes, scope) != kScopes.end()) continue;
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("there is no scope \"{}\"; one of {}", scope, fmt::join(kScopes, ", ")),
                "scopes");
  }
  NewKey key;
  key.secret = random_id("sk-");
  key.row = {.id = random_id("key_"),
             .name = std::string(name),
             .hash = to_hex(sha256(key.secret)),
             .shown = shown_part(key.secret),
             .scopes = scopes,
             .created_ms = clock.unix_ms(),
             .revoked_ms = {}};
  return key;
}

}  // namespace diptych
