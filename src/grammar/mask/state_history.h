#pragma once
// The states of one text, one for each token and the one before the first. A copy shares all but
// the last few, so forking costs the same after ten tokens and after ten thousand.

#include <array>
#include <cstddef>
#include <memory>
#include <utility>

#include "base/check.h"
#include "grammar/machine.h"

namespace diptych::grammar {

class StateHistory {
 public:
  explicit StateHistory(const MachineState& first) { tail_[0] = first; }
  StateHistory(const StateHistory&) = default;
  StateHistory& operator=(const StateHistory&) = default;
  StateHistory(StateHistory&&) noexcept = default;
  StateHistory& operator=(StateHistory&&) noexcept = default;
  ~StateHistory() {  // one by one: a long text must not become a deep recursion
    while (full_ && full_.use_count() == 1) full_ = std::exchange(full_->before, nullptr);
  }

  std::size_t token_count() const { return size_ - 1; }
  const MachineState& back() const { return tail_[(size_ - 1) % kChunk]; }

  void push(const MachineState& state) {
    if (size_ % kChunk == 0) full_ = std::make_shared<Chunk>(tail_, std::move(full_));
    tail_[size_++ % kChunk] = state;
  }
  void pop(std::size_t count) {
    CHECK(count < size_);
    const std::size_t chunk = (size_ - 1) / kChunk;
    size_ -= count;
    for (std::size_t i = (size_ - 1) / kChunk; i < chunk; ++i) {
      tail_ = full_->states;
      full_ = std::shared_ptr<Chunk>(full_->before);
    }
  }

 private:
  static constexpr std::size_t kChunk = 16;
  using States = std::array<MachineState, kChunk>;
  struct Chunk {  // never changed while shared
    States states;
    std::shared_ptr<Chunk> before;
  };

  std::shared_ptr<Chunk> full_;  // the newest chunk before tail_
  States tail_{};
  std::size_t size_ = 1;
};

}  // namespace diptych::grammar
