#include "compute/backends/onednn/arena.h"

#include <algorithm>
#include <limits>
#include <new>
#include <numeric>
#include <utility>

namespace diptych::onednn {
namespace {

constexpr std::size_t kAlignment = 64;

std::size_t aligned(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

BufferId ArenaPlan::add(std::size_t bytes) {
  buffers_.push_back(
      {.bytes = aligned(std::max<std::size_t>(bytes, 1)), .offset = 0, .first = {}, .last = 0});
  return static_cast<BufferId>(buffers_.size() - 1);
}

void ArenaPlan::use(BufferId buffer, int step) {
  Buffer& used = buffers_[buffer];
  used.first = std::min(used.first.value_or(step), step);
  used.last = std::max(used.last, step);
}

void ArenaPlan::use_until_end(BufferId buffer) { use(buffer, std::numeric_limits<int>::max()); }

bool ArenaPlan::overlap_in_time(const Buffer& a, const Buffer& b) {
  return a.first && b.first && *a.first <= b.last && *b.first <= a.last;
}

// The largest first, each at the lowest place that is free during its time.
void ArenaPlan::place() {
  std::vector<std::size_t> by_size(buffers_.size());
  std::iota(by_size.begin(), by_size.end(), std::size_t{0});
  std::ranges::stable_sort(by_size, std::greater{},
                           [&](std::size_t i) { return buffers_[i].bytes; });
  std::vector<const Buffer*> placed;  // by offset
  for (const std::size_t index : by_size) {
    Buffer& buffer = buffers_[index];
    std::size_t offset = 0;
    for (const Buffer* other : placed) {
      if (!overlap_in_time(buffer, *other)) continue;
      if (offset + buffer.bytes <= other->offset) break;
      offset = std::max(offset, other->offset + other->bytes);
    }
    buffer.offset = offset;
    bytes_ = std::max(bytes_, offset + buffer.bytes);
    placed.insert(std::ranges::upper_bound(placed, offset, {}, &Buffer::offset), &buffer);
  }
}

Arena::Arena(ArenaPlan plan, std::size_t scratchpad_bytes)
    : plan_(std::move(plan)),
      bytes_(plan_.bytes() + aligned(scratchpad_bytes)),
      memory_(static_cast<std::byte*>(
          ::operator new(std::max<std::size_t>(bytes_, 1), std::align_val_t{kAlignment}))) {}

void Arena::Free::operator()(std::byte* memory) const {
  ::operator delete(memory, std::align_val_t{kAlignment});
}

}  // namespace diptych::onednn
