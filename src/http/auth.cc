#include "http/auth.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/base64.h"
#include "base/hash.h"

namespace diptych {

namespace {

constexpr std::size_t kKeysRemembered = 1024;
constexpr Duration kKeyLifetime = std::chrono::seconds(3);

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

// What follows the scheme's name; "" when the header is of another scheme.
std::string_view credentials_of(std::string_view authorization, std::string_view scheme) {
  if (!equal_ignoring_case(authorization.substr(0, scheme.size()), scheme)) return {};
  authorization.remove_prefix(scheme.size());
  const std::size_t start = authorization.find_first_not_of(' ');
  return start == std::string_view::npos ? "" : authorization.substr(start);
}

// "Bearer sk-…" → "sk-…". So is the password of "Basic …", whatever the user: clients of A1111's
// API send nothing else. "": the header is missing or of another kind.
std::string secret_of(std::string_view authorization) {
  if (const auto secret = credentials_of(authorization, "bearer "); !secret.empty())
    return std::string(secret);
  const auto pair = base64_decode(credentials_of(authorization, "basic "));
  if (!pair) return {};
  const std::size_t colon = pair->find(':');
  return colon == std::string::npos ? std::string() : pair->substr(colon + 1);
}

std::string_view name_of(Scope scope) {
  switch (scope) {
    case Scope::kInference:
      return "inference";
    case Scope::kMetrics:
      return "metrics";
    case Scope::kAdmin:
      return "admin";
    case Scope::kNone:
      break;
  }
  return "";
}

bool grants(const ApiKey& key, Scope scope) {
  const auto has = [&](std::string_view name) {
    return std::ranges::find(key.scopes, name) != key.scopes.end();
  };
  return scope == Scope::kNone || has("admin") || has(name_of(scope));
}

std::string hash_of(std::string_view secret) { return to_hex(sha256(secret)); }

}  // namespace

KeyMemory::KeyMemory(const Clock& clock, std::size_t key_count_max, Duration lifetime)
    : clock_(clock), key_count_max_(key_count_max), lifetime_(lifetime) {}

std::optional<std::optional<ApiKey>> KeyMemory::recall(const std::string& hash) {
  MutexLock lock(mutex_);
  const auto found = by_hash_.find(hash);
  if (found == by_hash_.end()) return std::nullopt;
  const auto entry = found->second;
  if (entry->expires <= clock_.now()) {
    by_hash_.erase(found);
    entries_.erase(entry);
    return std::nullopt;
  }
  entries_.splice(entries_.begin(), entries_, entry);
  return entry->key;
}

void KeyMemory::remember(const std::string& hash, std::optional<ApiKey> key) {
  MutexLock lock(mutex_);
  if (const auto found = by_hash_.find(hash); found != by_hash_.end()) {
    const auto entry = found->second;
    by_hash_.erase(found);
    entries_.erase(entry);
  } else if (entries_.size() == key_count_max_) {
    by_hash_.erase(entries_.back().hash);
    entries_.pop_back();
  }
  entries_.push_front({hash, std::move(key), clock_.now() + lifetime_});
  by_hash_.emplace(entries_.front().hash, entries_.begin());
}

Authenticator::Authenticator(KeyStore& keys, const Clock& clock, KeyPolicy policy)
    : keys_(keys),
      policy_(policy),
      known_(clock, kKeysRemembered, kKeyLifetime),
      unknown_(clock, kKeysRemembered, kKeyLifetime) {}

std::optional<Result<Caller>> Authenticator::decide(std::string_view authorization, Scope scope) {
  if (scope == Scope::kNone) return Result<Caller>(Caller{});
  const std::string secret = secret_of(authorization);
  if (secret.empty()) return judge(secret, std::nullopt, scope);
  const std::string hash = hash_of(secret);
  for (KeyMemory* memory : {&known_, &unknown_}) {
    if (const auto key = memory->recall(hash)) return judge(secret, *key, scope);
  }
  return std::nullopt;
}

Result<Caller> Authenticator::look_up(std::string_view authorization, Scope scope) {
  const std::string secret = secret_of(authorization);
  const std::string hash = hash_of(secret);
  TRY(std::optional<ApiKey> key, keys_.find_by_hash(hash));
  if (key && !equal_in_constant_time(key->hash, hash)) key.reset();
  (key ? known_ : unknown_).remember(hash, key);
  return judge(secret, key, scope);
}

Result<Caller> Authenticator::judge(std::string_view secret, const std::optional<ApiKey>& key,
                                    Scope scope) const {
  const bool usable = key && !key->revoked_ms;
  if (policy_ == KeyPolicy::kOptional) return usable ? Caller{key->id, key->scopes} : Caller{};
  if (secret.empty()) {
    return fail(ErrorCode::kUnauthorized,
                "No API key was sent. Send it in the Authorization header: \"Bearer YOUR_KEY\".");
  }
  if (!usable) {
    return fail(ErrorCode::kUnauthorized,
                fmt::format("Incorrect API key provided: {}.", masked_key(secret)), "",
                "invalid_api_key");
  }
  if (!grants(*key, scope)) {
    return fail(ErrorCode::kForbidden,
                fmt::format("The API key {} lacks the scope '{}' for this request.", key->shown,
                            name_of(scope)),
                "", "insufficient_permissions");
  }
  return Caller{key->id, key->scopes};
}

std::string masked_key(std::string_view secret) {
  constexpr std::size_t kShownFirst = 5, kShownLast = 2;
  const auto is_plain = [](char c) { return c > ' ' && c < 0x7f; };
  if (secret.size() < 2 * (kShownFirst + kShownLast) || !std::ranges::all_of(secret, is_plain)) {
    return "***";
  }
  return fmt::format("{}***{}", secret.substr(0, kShownFirst),
                     secret.substr(secret.size() - kShownLast));
}

}  // namespace diptych
