#include "grammar/mask/mask_store.h"

#include <utility>

namespace diptych::grammar {

SharedMask MaskStore::find(const MaskKey& key) {
  const MutexLock lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->content->mask;
}

SharedMask MaskStore::insert(const MaskKey& key, SharedMask mask) {
  const MutexLock lock(mutex_);
  if (const auto found = by_key_.find(key); found != by_key_.end()) {
    return found->second->content->mask;  // another grammar was faster
  }
  const auto [content, is_new] = contents_.try_emplace(mask->digest());
  if (is_new) {
    bytes_ += mask->memory_bytes();
    content->second.mask = std::move(mask);
  }
  ++content->second.keys;
  entries_.push_front({.key = key, .content = &content->second});
  by_key_.emplace(key, entries_.begin());
  bytes_ += kEntryBytes;
  const SharedMask kept = content->second.mask;
  while (bytes_ > bytes_max_ && !entries_.empty()) evict_last();
  return kept;
}

void MaskStore::evict_last() {
  const Entry entry = entries_.back();
  entries_.pop_back();
  by_key_.erase(entry.key);
  bytes_ -= kEntryBytes;
  if (--entry.content->keys == 0) {
    bytes_ -= entry.content->mask->memory_bytes();
    const MaskKey digest = entry.content->mask->digest();
    contents_.erase(digest);
  }
}

std::size_t MaskStore::memory_bytes() const {
  const MutexLock lock(mutex_);
  return bytes_;
}

std::shared_ptr<MaskStore> make_mask_store(std::size_t bytes_max) {
  return std::make_shared<MaskStore>(bytes_max);
}

}  // namespace diptych::grammar
