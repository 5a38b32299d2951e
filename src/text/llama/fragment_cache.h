#pragma once
// Tokens of short texts that come again and again: the fixed parts of a chat template. libllama
// compiles its splitting pattern for every call, which costs more than the tokens of a short text.

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"
#include "text/ids.h"

namespace diptych {

class FragmentCache {  // safe from any thread
 public:
  static constexpr std::size_t kTextBytesMax = 256;
  static constexpr std::size_t kEntriesMax = 1024;

  std::optional<std::vector<TokenId>> find(std::string_view text) const EXCLUDES(mutex_) {
    if (text.size() > kTextBytesMax) return std::nullopt;
    const MutexLock lock(mutex_);
    const auto found = tokens_.find(std::string(text));
    return found == tokens_.end() ? std::nullopt : std::optional(found->second);
  }

  void add(std::string_view text, const std::vector<TokenId>& tokens) EXCLUDES(mutex_) {
    if (text.size() > kTextBytesMax) return;
    const MutexLock lock(mutex_);
    if (tokens_.size() >= kEntriesMax) tokens_.clear();  // the parts of templates are back at once
    tokens_.emplace(text, tokens);
  }

 private:
  mutable Mutex mutex_;
  std::unordered_map<std::string, std::vector<TokenId>> tokens_ GUARDED_BY(mutex_);
};

}  // namespace diptych
