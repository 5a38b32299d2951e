#pragma once
// In which order the cells of a key/value cache were written. A sequence's cells are written in the
// order of its positions but may lie anywhere, in holes that others left: attention that follows
// the order of writing gives a sequence the same sums wherever its cells are.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"

namespace diptych::weights {

class WriteOrder {  // safe from any thread; one cache is written by one thread at a time
 public:
  // The cells of the cache at `cache` were written, in this order.
  void note(const void* cache, std::int64_t cell_count, std::span<const std::int64_t> cells)
      EXCLUDES(mutex_);
  // When each cell was last written: later ones have larger stamps. Empty for a cache that was
  // never noted. Valid until the cache's next note().
  std::span<const std::uint64_t> stamps_of(const void* cache) const EXCLUDES(mutex_);

 private:
  struct Stamps {
    std::vector<std::uint64_t> of_cell;
    std::uint64_t last_use = 0;
  };
  // Caches come and go; their addresses are all we see. The longest unused one makes room.
  static constexpr std::size_t kCachesMax = 2048;

  mutable Mutex mutex_;
  std::unordered_map<const void*, std::unique_ptr<Stamps>> caches_ GUARDED_BY(mutex_);
  std::uint64_t clock_ GUARDED_BY(mutex_) = 0;
};

}  // namespace diptych::weights
