#include "text/weights/write_order.h"

#include <algorithm>

namespace diptych::weights {

void WriteOrder::note(const void* cache, std::int64_t cell_count,
                      std::span<const std::int64_t> cells) {
  const MutexLock lock(mutex_);
  std::unique_ptr<Stamps>& stamps = caches_[cache];
  if (stamps == nullptr) stamps = std::make_unique<Stamps>();
  if (static_cast<std::int64_t>(stamps->of_cell.size()) < cell_count) {
    stamps->of_cell.resize(static_cast<std::size_t>(cell_count));
  }
  for (const std::int64_t cell : cells) stamps->of_cell[static_cast<std::size_t>(cell)] = ++clock_;
  stamps->last_use = ++clock_;
  if (caches_.size() <= kCachesMax) return;
  caches_.erase(std::ranges::min_element(caches_, {},
                                         [](const auto& entry) { return entry.second->last_use; }));
}

std::span<const std::uint64_t> WriteOrder::stamps_of(const void* cache) const {
  const MutexLock lock(mutex_);
  const auto found = caches_.find(cache);
  if (found == caches_.end()) return {};
  return found->second->of_cell;
}

}  // namespace diptych::weights
