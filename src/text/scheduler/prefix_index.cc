#include "text/scheduler/prefix_index.h"

#include <algorithm>

namespace diptych {
namespace {
std::size_t at(int index) { return static_cast<std::size_t>(index); }
}  // namespace

int common_prefix(std::span<const TokenId> a, std::span<const TokenId> b) {
  return static_cast<int>(std::ranges::mismatch(a, b).in1 - a.begin());
}

void PrefixIndex::open(SequenceId sequence, std::string_view salt) {
  Entry& entry = entries_[at(sequence)];
  entry.open = true;
  entry.salt = salt;
  entry.tokens.clear();
}

void PrefixIndex::close(SequenceId sequence) { entries_[at(sequence)].open = false; }

void PrefixIndex::append(SequenceId sequence, std::span<const TokenId> tokens) {
  auto& known = entries_[at(sequence)].tokens;
  known.insert(known.end(), tokens.begin(), tokens.end());
}

void PrefixIndex::truncate(SequenceId sequence, int count) {
  entries_[at(sequence)].tokens.resize(at(count));
}

std::span<const TokenId> PrefixIndex::tokens(SequenceId sequence) const {
  return entries_[at(sequence)].tokens;
}

std::string_view PrefixIndex::salt(SequenceId sequence) const {
  return entries_[at(sequence)].salt;
}

std::optional<PrefixMatch> PrefixIndex::find(std::string_view salt,
                                             std::span<const TokenId> prompt) const {
  PrefixMatch best;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    if (!entry.open || entry.salt != salt) continue;
    const int length = common_prefix(entry.tokens, prompt);
    if (length > best.length) best = {static_cast<SequenceId>(i), length};
  }
  if (best.length == 0) return std::nullopt;
  return best;
}

}  // namespace diptych
