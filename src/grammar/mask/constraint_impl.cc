#include "grammar/mask/constraint_impl.h"

namespace diptych::grammar {

namespace {

// A grammar's own table is small beside its masks, which the store holds and limits.
constexpr std::size_t kOwnMasksMax = 1 << 14;

SharedMask mask_of_ends(const VocabularyIndex& vocabulary) {
  std::vector<std::uint32_t> row(static_cast<std::size_t>(vocabulary.mask_words()));
  for (const Token end : vocabulary.ends()) set_bit(row, end);
  return TokenMask::of(row);
}

}  // namespace

Constraint::Impl::Impl(std::unique_ptr<Machine> machine, Target target, const Limits& limits,
                       Warnings warnings)
    : target_(std::move(target)),
      warnings_(std::move(warnings)),
      ends_mask_(mask_of_ends(*target_.vocabulary)),
      machine_(std::move(machine)),
      start_(machine_->start()),
      walk_(*target_.vocabulary, *machine_, *target_.masks, {.steps_max = limits.mask_steps_max}),
      masks_(kOwnMasksMax),
      row_(static_cast<std::size_t>(target_.vocabulary->mask_words())) {}

ConstraintStats Constraint::Impl::stats() const {
  const MutexLock lock(mutex_);
  ConstraintStats stats = stats_;
  stats.walked_bytes = walk_.walked_bytes();
  stats.refused_bytes = machine_->refused_count();
  stats.memory_bytes = sizeof *this + machine_->memory_bytes() + masks_.memory_bytes() +
                       row_.capacity() * sizeof(std::uint32_t) + walk_.memory_bytes();
  return stats;
}

Result<SharedMask> Constraint::Impl::mask(const MachineState& state) const {
  const MutexLock lock(mutex_);
  ++stats_.masks;
  const MaskKey key = machine_->mask_key(state, vocabulary().longest_token());
  if (const SharedMask* known = masks_.find(key)) {
    ++stats_.mask_hits;
    return *known;
  }
  SharedMask mask = target_.masks->find(key);
  if (mask) {
    ++stats_.store_hits;
  } else {
    TRY(mask, computed(key, state));
  }
  masks_.insert(key, mask);
  return mask;
}

Result<SharedMask> Constraint::Impl::computed(const MaskKey& key, const MachineState& state) const {
  TRY_STATUS(walk_.fill(state, row_));
  SharedMask mask = TokenMask::of(row_);
  if (mask->empty()) {
    return fail(ErrorCode::kUnsupported, "the vocabulary has no token for what must come next",
                "vocabulary");
  }
  return target_.masks->insert(key, std::move(mask));
}

Result<SharedMask> Constraint::Impl::closing_mask(const MachineState& state,
                                                  std::uint32_t bytes_left) const {
  const MutexLock lock(mutex_);
  TRY_STATUS(walk_.fill(state, row_, bytes_left));
  SharedMask mask = TokenMask::of(row_);
  if (mask->empty()) mask = nullptr;
  return mask;
}

}  // namespace diptych::grammar
