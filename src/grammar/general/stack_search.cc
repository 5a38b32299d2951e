// Where lexemes bar each other's ways, a set of stacks may have no end left. A search for one, best
// first, by the number of characters that the grammar alone would need.
#include <algorithm>
#include <queue>

#include "grammar/general/stack_machine.h"

namespace diptych::grammar {
namespace {

using Kind = NetworkNode::Kind;
constexpr std::uint64_t kFar = 1'000'000'000;
constexpr std::size_t kStacksTried = 24;  // of one set

}  // namespace

bool StackMachine::is_live(SetId id) {
  if (sets_[id]->live) return true;
  if (sets_[id]->lost) return false;
  struct Way {
    std::uint64_t length = 0;
    std::size_t step = 0;  // into `steps`
    bool operator<(const Way& other) const { return length > other.length; }
  };
  struct Step {
    SetId set;
    std::size_t from;
  };
  std::vector<Step> steps{{id, 0}};
  std::unordered_set<SetId> seen{id};
  std::priority_queue<Way> ways;
  ways.push({0, 0});
  while (!ways.empty() && steps.size() < limits_.search_steps_max) {
    const Way way = ways.top();
    ways.pop();
    const SetId at = steps[way.step].set;
    if (sets_[at]->closed.may_end || sets_[at]->live) {
      for (std::size_t i = way.step;; i = steps[i].from) {
        sets_[steps[i].set]->live = true;
        if (i == 0) return true;
      }
    }
    for (const std::uint8_t byte : promising_bytes(*sets_[at])) {
      const SetId to = step(at, byte);
      if (to == 0 || sets_[to]->lost || !seen.insert(to).second) continue;
      steps.push_back({to, way.step});
      std::uint64_t nearest = kFar;
      for (const StackTop& top : sets_[to]->closed.reads)
        nearest = std::min(nearest, distance(top));
      ways.push({sets_[to]->closed.may_end ? 0 : nearest, steps.size() - 1});
    }
  }
  sets_[id]->lost = true;
  ++refused_;
  return false;
}

// Bytes that bring the nearest stacks nearer to their end, and a few that leave them.
std::vector<std::uint8_t> StackMachine::promising_bytes(const Set& set) {
  std::vector<std::pair<std::uint64_t, const StackTop*>> nearest;
  for (const StackTop& top : set.closed.reads) nearest.emplace_back(distance(top), &top);
  std::ranges::sort(nearest);
  if (nearest.size() > kStacksTried) nearest.resize(kStacksTried);
  ByteSet bytes;
  for (const auto& [length, top] : nearest) {
    if ((top->state & kLeafBit) != 0) {
      bytes |= leaves_.first_bytes(top->state);
      continue;
    }
    const NetworkNode& node = network_.nodes[top->state];
    for (std::uint32_t i = 0; i < node.b; ++i) {
      const NetworkArrow& arrow = network_.arrows[node.a + i];
      bytes.set(arrow.first);
      bytes.set(arrow.last);
    }
  }
  std::vector<std::uint8_t> out;
  for (std::size_t byte = 0; byte < bytes.size(); ++byte) {
    if (bytes[byte]) out.push_back(static_cast<std::uint8_t>(byte));
  }
  return out;
}

// About how many characters until the text may be over.
std::uint64_t StackMachine::distance(const StackTop& top) {
  std::uint64_t sum = frames_[top.frame].distance;
  if ((top.state & kLeafBit) == 0) return sum + network_.nodes[top.state].distance;
  const NetworkNode& node = network_.nodes[leaves_.node(top.state)];
  return sum + leaves_.shortest(top.state).value_or(1) + network_.nodes[node.b].distance;
}

}  // namespace diptych::grammar
