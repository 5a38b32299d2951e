#include "grammar/mask/keyed_masks.h"

#include <utility>

namespace diptych::grammar {

void KeyedMasks::insert(const MaskKey& key, SharedMask mask) {
  if (count_ >= count_max_) {
    slots_.clear();
    count_ = 0;
  }
  if ((count_ + 1) * 2 > slots_.size()) {
    const std::vector<Slot> old = std::exchange(
        slots_, std::vector<Slot>(slots_.empty() ? std::size_t{16} : slots_.size() * 2));
    for (const Slot& slot : old) {
      if (slot.mask) slots_[slot_of(slot.key)] = slot;
    }
  }
  Slot& slot = slots_[slot_of(key)];
  if (!slot.mask) ++count_;
  slot = {.key = key, .mask = std::move(mask)};
}

}  // namespace diptych::grammar
