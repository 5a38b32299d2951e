#include "image/pipeline/program_cache.h"

#include <algorithm>

namespace diptych {

Result<Program*> ProgramCache::get(
    const std::string& key, std::uint64_t bytes_expected,
    const std::function<Result<std::unique_ptr<Program>>()>& compile) {
  const auto found = std::ranges::find(entries_, key, &Entry::key);
  if (found != entries_.end()) {
    entries_.splice(entries_.begin(), entries_, found);
    return entries_.front().program.get();
  }
  make_room(bytes_expected);
  TRY(auto program, compile());
  ++compile_count_;
  const MemoryUse use = program->memory();
  entries_.push_front({key, use.weight_bytes + use.scratch_bytes, std::move(program)});
  return entries_.front().program.get();
}

void ProgramCache::make_room(std::uint64_t bytes) {
  std::uint64_t held = 0;
  for (const Entry& entry : entries_) held += entry.bytes;
  while (!entries_.empty() && held + bytes > bytes_max_) {
    held -= entries_.back().bytes;
    entries_.pop_back();
  }
}

bool ProgramCache::has(std::string_view key) const {
  return std::ranges::find(entries_, key, &Entry::key) != entries_.end();
}

bool ProgramCache::has_any(std::string_view prefix) const {
  return std::ranges::any_of(
      entries_, [prefix](const Entry& entry) { return entry.key.starts_with(prefix); });
}

void ProgramCache::drop(std::string_view prefix) {
  entries_.remove_if([prefix](const Entry& entry) { return entry.key.starts_with(prefix); });
}

MemoryUse ProgramCache::memory() const {
  MemoryUse sum;
  for (const Entry& entry : entries_) {
    const MemoryUse use = entry.program->memory();
    sum.weight_bytes += use.weight_bytes;
    sum.scratch_bytes += use.scratch_bytes;
  }
  return sum;
}

}  // namespace diptych
