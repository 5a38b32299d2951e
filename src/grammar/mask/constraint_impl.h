#pragma once
// A compiled grammar with its masks: the machine, the lock that it needs, and what was computed so
// far.

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "grammar/constraint.h"
#include "grammar/mask/keyed_masks.h"
#include "grammar/mask/mask_walk.h"

namespace diptych::grammar {

class Constraint::Impl {
 public:
  Impl(std::unique_ptr<Machine> machine, Target target, const Limits& limits, Warnings warnings);

  const VocabularyIndex& vocabulary() const { return *target_.vocabulary; }
  const Warnings& warnings() const { return warnings_; }
  const MachineState& start() const { return start_; }
  const SharedMask& ends_mask() const { return ends_mask_; }
  ConstraintStats stats() const;

  Result<SharedMask> mask(const MachineState& state) const;
  // nullptr: no token leaves a text that can be closed with that many bytes.
  Result<SharedMask> closing_mask(const MachineState& state, std::uint32_t bytes_left) const;

  // Runs `use(Machine&)` under the lock.
  template <class Use>
  auto with_machine(Use&& use) const {
    const MutexLock lock(mutex_);
    return std::forward<Use>(use)(*machine_);
  }

 private:
  Result<SharedMask> computed(const MaskKey& key, const MachineState& state) const REQUIRES(mutex_);

  Target target_;
  Warnings warnings_;
  SharedMask ends_mask_;
  mutable Mutex mutex_;
  std::unique_ptr<Machine> machine_;  // used under mutex_ only
  MachineState start_;
  mutable MaskWalk walk_ GUARDED_BY(mutex_);
  mutable KeyedMasks masks_ GUARDED_BY(mutex_);
  mutable std::vector<std::uint32_t> row_ GUARDED_BY(mutex_);
  mutable ConstraintStats stats_ GUARDED_BY(mutex_);
};

}  // namespace diptych::grammar
