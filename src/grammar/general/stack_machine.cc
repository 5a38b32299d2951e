#include "grammar/general/stack_machine.h"

#include <algorithm>
#include <array>

#include "grammar/text/content_hash.h"

namespace diptych::grammar {
namespace {

constexpr std::uint32_t kFarReach = 1024;   // bytes; no token is as long
constexpr std::size_t kHashNodeBytes = 64;  // of a table's list, about

std::size_t rank(const ByteSet& set, std::uint8_t byte) {
  return (set << (255U - byte)).count() - 1;
}

}  // namespace

StackMachine::StackMachine(Network network, GrammarRules rules, const Limits& limits)
    : network_(std::move(network)),
      rules_(std::move(rules)),
      limits_(limits),
      frames_(network_),
      leaves_(network_, rules_),
      guards_(rules_),
      closure_(network_, rules_, frames_, leaves_, guards_) {
  sets_.push_back(std::make_unique<Set>());  // dead
  start_ = enter({{.state = network_.procedures[network_.start]}});
}

bool StackMachine::next(const MachineState& from, std::uint8_t byte, MachineState& to) {
  const SetId id = step(set_of(from), byte);
  to = state_of(id);
  return id != 0 && (!network_.has_lexemes || is_live(id));
}

ByteSet StackMachine::allowed_bytes(const MachineState& state) {
  if (network_.has_lexemes) return Machine::allowed_bytes(state);
  Set& set = *sets_[set_of(state)];
  ByteSet allowed = set.may_come;
  for (std::size_t i = 0, at = 0; i < allowed.size(); ++i) {
    if (set.may_come[i] && set.steps[at++] == 0) allowed.reset(i);
  }
  return allowed;
}

StackMachine::SetId StackMachine::step(SetId from, std::uint8_t byte) {
  Set& set = *sets_[from];
  if (!set.may_come[byte]) return 0;
  const std::size_t at = rank(set.may_come, byte);
  if (set.steps[at] == kUnknown) {
    StackTops kernel = kernel_after(set, byte);
    const SetId to = kernel.empty() ? 0 : enter(std::move(kernel));
    set.steps[at] = to;
    return to;
  }
  return set.steps[at];
}

StackTops StackMachine::kernel_after(const Set& set, std::uint8_t byte) {
  StackTops kernel;
  for (const StackTop& top : set.closed.reads) {
    const std::uint32_t guard = guards_.next(top.guard, byte);
    if (guard == Guards::kBroken) continue;
    if ((top.state & kLeafBit) != 0) {
      const std::uint32_t leaf = leaves_.next(top.state, byte);
      if (leaf != 0) kernel.push_back({leaf, top.count, top.frame, guard});
      continue;
    }
    const NetworkNode& node = network_.nodes[top.state];
    for (std::uint32_t i = 0; i < node.b; ++i) {
      const NetworkArrow& arrow = network_.arrows[node.a + i];
      if (byte < arrow.first || arrow.last < byte || !network_.nodes[arrow.to].live) continue;
      kernel.push_back({arrow.to, top.count, top.frame, guard});
    }
  }
  std::ranges::sort(kernel);
  kernel.erase(std::ranges::unique(kernel).begin(), kernel.end());
  return kernel;
}

// The set with this kernel; 0 where the budget does not allow it: sound, as nothing is lost but
// texts.
StackMachine::SetId StackMachine::enter(StackTops kernel) {
  if (const auto found = by_kernel_.find(kernel); found != by_kernel_.end()) return found->second;
  if (memory_bytes() > limits_.memory_bytes_max) {
    ++refused_;
    return 0;
  }
  auto closed = closure_.close(kernel, [&] {
    std::uint64_t salt = network_.content;
    for (const StackTop& top : kernel) salt += content_of(top, kFarReach);
    return salt;
  });
  SetId id = 0;
  if (closed) {
    auto set = std::make_unique<Set>();
    set->kernel = kernel;
    set->closed = std::move(*closed);
    find_bytes(*set);
    memory_bytes_ += sizeof(Set) + kHashNodeBytes + set->steps.size() * sizeof(SetId) +
                     (2 * kernel.size() + set->closed.reads.size()) * sizeof(StackTop);
    id = static_cast<SetId>(sets_.size());
    sets_.push_back(std::move(set));
  } else {
    ++refused_;
  }
  by_kernel_.emplace(std::move(kernel), id);
  return id;
}

void StackMachine::find_bytes(Set& set) {
  for (const StackTop& top : set.closed.reads) {
    if ((top.state & kLeafBit) != 0) {
      set.may_come |= leaves_.allowed(top.state);
      continue;
    }
    const NetworkNode& node = network_.nodes[top.state];
    for (std::uint32_t i = 0; i < node.b; ++i) {
      const NetworkArrow& arrow = network_.arrows[node.a + i];
      if (!network_.nodes[arrow.to].live) continue;
      for (std::size_t byte = arrow.first; byte <= arrow.last; ++byte) set.may_come.set(byte);
    }
  }
  set.steps.assign(set.may_come.count(), kUnknown);
}

std::uint64_t StackMachine::content_of(const StackTop& top, std::uint32_t reach) {
  ContentHash hash(guards_.key(top.guard, reach));
  if ((top.state & kLeafBit) == 0) {
    hash.add(frames_.content_of(top));
    return hash.value();
  }
  // The count goes on behind the leaf.
  hash.add(frames_.content_of({leaves_.node(top.state), top.count, top.frame}));
  hash.add(leaves_.key(top.state, reach));
  return hash.value();
}

MaskKey StackMachine::mask_key(const MachineState& state, std::uint32_t reach) {
  Set& set = *sets_[set_of(state)];
  if (set.key) return *set.key;
  std::uint64_t sum = 0, mixed_sum = 0;  // whatever the order, which goes by numbers
  for (const StackTop& top : set.closed.reads) {
    const std::uint64_t content = content_of(top, reach);
    sum += content;
    ContentHash other(~content);
    other.add(content);
    mixed_sum += other.value();
  }
  ContentHash high(network_.content), low(~network_.content);
  high.add(sum);
  high.add(set.closed.may_end ? 1 : 0);
  low.add(mixed_sum);
  low.add(reach);
  set.key = MaskKey{.high = high.value(), .low = low.value()};
  return *set.key;
}

std::optional<PlainRun> StackMachine::plain_run(const MachineState& state) {
  const SetId id = set_of(state);
  if (!sets_[id]->run) {
    auto run = find_run(id);
    sets_[id]->run = run;
  }
  return *sets_[id]->run;
}

std::optional<PlainRun> StackMachine::find_run(SetId id) {
  constexpr std::size_t kBytesMin = 8;  // fewer are not worth a run
  const Set& set = *sets_[id];
  const auto& reads = set.closed.reads;
  const bool is_leaf = reads.size() == 1 && (reads[0].state & kLeafBit) != 0;
  if (is_leaf && !network_.has_lexemes) return leaves_.plain_run(reads[0].state);
  std::unordered_map<StackTops, std::vector<std::uint8_t>, StackTopsHash> groups;
  const std::vector<std::uint8_t>* largest = nullptr;
  for (std::uint8_t byte = 0; byte < 0x80; ++byte) {
    if (!set.may_come[byte]) continue;
    auto& group = groups[kernel_after(set, byte)];
    group.push_back(byte);
    if (largest == nullptr || group.size() > largest->size()) largest = &group;
  }
  if (largest == nullptr || largest->size() < kBytesMin) return std::nullopt;
  return run_into(id, step(id, largest->front()), *largest);
}

// A run of these bytes, if they lead from `id` to `loop` and there from it to itself.
std::optional<PlainRun> StackMachine::run_into(SetId id, SetId loop,
                                               const std::vector<std::uint8_t>& bytes) {
  if (loop == 0 || (network_.has_lexemes && !is_live(loop))) return std::nullopt;
  PlainRun run{.uniform = true};
  for (const std::uint8_t byte : bytes) {
    if (step(loop, byte) != loop) return std::nullopt;
    run.ascii[byte / 64] |= std::uint64_t{1} << (byte % 64);
  }
  // Where bytes are no characters (0xBF begins none), a run of characters does not tell all.
  std::vector<Utf8Sequence> all;
  append_utf8_sequences({0x80, 0x10'FFFF}, all);
  run.multibyte =
      !sets_[id]->may_come[0xBF] && std::ranges::all_of(all, [&](const Utf8Sequence& sequence) {
        return sequence_returns(loop, id, sequence, 0) && sequence_returns(loop, loop, sequence, 0);
      });
  return run;
}

// All characters of the sequence lead from `from` back to `home`. Each step is taken once for all
// bytes that agree.
bool StackMachine::sequence_returns(SetId home, SetId from, const Utf8Sequence& sequence,
                                    int depth) {
  if (depth == sequence.length) return from == home;
  const ByteRange range = sequence.bytes[static_cast<std::size_t>(depth)];
  SetId last = kUnknown;
  for (std::size_t byte = range.first; byte <= range.last; ++byte) {
    const SetId to = step(from, static_cast<std::uint8_t>(byte));
    if (to == 0) return false;
    if (to != last && !sequence_returns(home, to, sequence, depth + 1)) return false;
    last = to;
  }
  return true;
}

std::size_t StackMachine::memory_bytes() const {
  return memory_bytes_ + frames_.memory_bytes() + leaves_.memory_bytes() +
         network_.nodes.size() * sizeof(NetworkNode) +
         network_.arrows.size() * sizeof(NetworkArrow);
}

Compiled<std::unique_ptr<Machine>> make_stack_machine(GrammarRules rules, const Limits& limits) {
  TRY(Network network, build_network(rules, limits));
  auto machine = std::make_unique<StackMachine>(std::move(network), std::move(rules), limits);
  if (machine->start() == MachineState{}) {
    return std::unexpected(
        Refusal{.code = RefusalCode::kTooManyAlternatives,
                .keyword = {},
                .pointer = {},
                .message = "the grammar begins in more ways than can be followed",
                .hint = {}});
  }
  return machine;
}

}  // namespace diptych::grammar
