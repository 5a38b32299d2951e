#pragma once
// One grammar's own masks by key: what the shared store knows, without its lock. Open addressing;
// forgets everything when full, as the store still has it.

#include <cstddef>
#include <vector>

#include "grammar/mask/mask_store.h"

namespace diptych::grammar {

class KeyedMasks {
 public:
  explicit KeyedMasks(std::size_t count_max) : count_max_(count_max) {}

  const SharedMask* find(const MaskKey& key) const {  // valid until the next insert
    if (slots_.empty()) return nullptr;
    const std::size_t at = slot_of(key);
    return slots_[at].mask ? &slots_[at].mask : nullptr;
  }
  void insert(const MaskKey& key, SharedMask mask);
  std::size_t memory_bytes() const { return slots_.capacity() * sizeof(Slot); }

 private:
  struct Slot {
    MaskKey key;
    SharedMask mask;  // nullptr: free
  };
  std::size_t slot_of(const MaskKey& key) const {  // its own, or the free one where it belongs
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = MaskKeyHash{}(key)&mask;
    while (slots_[at].mask && slots_[at].key != key) at = (at + 1) & mask;
    return at;
  }

  std::size_t count_max_;
  std::size_t count_ = 0;
  std::vector<Slot> slots_;  // a power of two
};

}  // namespace diptych::grammar
