#include "api/openai/generation_set.h"

#include <algorithm>

namespace diptych::openai {

void GenerationSet::on_ready(const std::function<void()>& wake) {
  for (const auto& stream : streams_) stream->on_ready(wake);
}

Result<std::optional<Delta>> GenerationSet::poll() {
  for (std::size_t tried = 0; tried < streams_.size(); ++tried) {
    const std::size_t index = next_;
    next_ = (next_ + 1) % streams_.size();
    TRY(auto delta, streams_[index]->poll());
    if (!delta) continue;
    delta->choice += static_cast<int>(index) * choices_per_prompt_;
    return delta;
  }
  return std::optional<Delta>();
}

void GenerationSet::end_choice(int choice) {
  streams_[static_cast<std::size_t>(choice / choices_per_prompt_)]->end_choice(choice %
                                                                               choices_per_prompt_);
}

bool GenerationSet::done() const {
  return std::ranges::all_of(streams_, [](const auto& stream) { return stream->done(); });
}

TokenCounts GenerationSet::counts() const {
  TokenCounts counts;
  for (const auto& stream : streams_) counts.add(stream->usage());
  return counts;
}

GenerationTimes GenerationSet::times() const {
  GenerationTimes longest;
  for (const auto& stream : streams_) {
    const GenerationTimes times = stream->times();
    longest.queued = std::max(longest.queued, times.queued);
    longest.prefill = std::max(longest.prefill, times.prefill);
    longest.decode = std::max(longest.decode, times.decode);
  }
  return longest;
}

}  // namespace diptych::openai
