#pragma once
// Masks by key, shared by all grammars of one vocabulary. Equal masks under different keys are kept
// once. The least recently asked leave first when the limit is reached.

#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>

#include "base/mutex.h"
#include "grammar/mask/token_mask.h"

namespace diptych::grammar {

struct MaskKeyHash {  // a machine's keys need not be spread evenly
  std::size_t operator()(const MaskKey& key) const {
    const std::uint64_t mixed = (key.high ^ 0x9E37'79B9'7F4A'7C15) * 0xFF51'AFD7'ED55'8CCD +
                                key.low * 0xC4CE'B9FE'1A85'EC53;
    return mixed ^ (mixed >> 32U);
  }
};

class MaskStore {
 public:
  explicit MaskStore(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  SharedMask find(const MaskKey& key);  // nullptr: not there
  // Returns the mask to keep: an equal one that was there already, or `mask`.
  SharedMask insert(const MaskKey& key, SharedMask mask);
  std::size_t memory_bytes() const;

 private:
  struct Content {
    SharedMask mask;
    std::size_t keys = 0;
  };
  struct Entry {
    MaskKey key;
    Content* content = nullptr;
  };
  // Of an entry beside its mask: list node, two hash nodes, buckets.
  static constexpr std::size_t kEntryBytes = 160;

  void evict_last() REQUIRES(mutex_);

  const std::size_t bytes_max_;
  mutable Mutex mutex_;
  std::list<Entry> entries_ GUARDED_BY(mutex_);  // most recently asked first
  std::unordered_map<MaskKey, std::list<Entry>::iterator, MaskKeyHash> by_key_ GUARDED_BY(mutex_);
  std::unordered_map<MaskKey, Content, MaskKeyHash> contents_ GUARDED_BY(mutex_);
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;
};

}  // namespace diptych::grammar
