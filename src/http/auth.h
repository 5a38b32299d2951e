#pragma once
// Who is asking: API keys, their scopes, and a short memory of recent look-ups.

#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "api/call.h"
#include "api/route.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mutex.h"
#include "jobs/stores.h"

namespace diptych {

// What the store said about a key's hash, remembered for a few seconds: a revoked key works no
// longer than that.
class KeyMemory {  // safe from any thread
 public:
  KeyMemory(const Clock& clock, std::size_t key_count_max, Duration lifetime);
  // Outer nullopt: not remembered. Inner nullopt: the store has no such key.
  std::optional<std::optional<ApiKey>> recall(const std::string& hash) EXCLUDES(mutex_);
  void remember(const std::string& hash, std::optional<ApiKey> key) EXCLUDES(mutex_);

 private:
  struct Entry {
    std::string hash;
    std::optional<ApiKey> key;
    Monotonic expires;
  };
  const Clock& clock_;
  const std::size_t key_count_max_;
  const Duration lifetime_;
  Mutex mutex_;
  std::list<Entry> entries_ GUARDED_BY(mutex_);  // most recently used first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_hash_ GUARDED_BY(mutex_);
};

enum class KeyPolicy {
  kOptional,  // open server: a known key is its caller, anything else is anonymous and may do
              // everything
  kRequired,
};

class Authenticator {  // safe from any thread
 public:
  Authenticator(KeyStore& keys, const Clock& clock, KeyPolicy policy);

  // From memory alone, for the I/O thread. nullopt: only look_up() can tell.
  std::optional<Result<Caller>> decide(std::string_view authorization, Scope scope);
  // Asks the store (disk).
  Result<Caller> look_up(std::string_view authorization, Scope scope);

 private:
  Result<Caller> judge(std::string_view secret, const std::optional<ApiKey>& key,
                       Scope scope) const;

  KeyStore& keys_;
  const KeyPolicy policy_;
  KeyMemory known_;
  KeyMemory unknown_;  // apart, so that a flood of wrong keys cannot push the good ones out
};

std::string masked_key(std::string_view secret);  // "sk-ab***yz"; too short to mask: "***"

}  // namespace diptych
