#pragma once
// Grammar rules as a deterministic machine: a state is the set of all ways to stand (a graph of
// stacks), kept once under a number; its steps are remembered. Ambiguity and left recursion cost
// nothing but time.

#include <memory>

#include "grammar/general/closure.h"
#include "grammar/general/network.h"
#include "grammar/general/stack_tables.h"
#include "grammar/general/utf8_ranges.h"
#include "grammar/machine.h"

namespace diptych::grammar {

class StackMachine final : public Machine {
 public:
  StackMachine(Network network, GrammarRules rules, const Limits& limits);

  MachineState start() override { return state_of(start_); }
  bool next(const MachineState& from, std::uint8_t byte, MachineState& to) override;
  bool may_end(const MachineState& state) override { return sets_[set_of(state)]->closed.may_end; }
  MaskKey mask_key(const MachineState& state, std::uint32_t reach) override;
  std::optional<PlainRun> plain_run(const MachineState& state) override;
  ByteSet allowed_bytes(const MachineState& state) override;
  std::size_t memory_bytes() const override;
  std::uint64_t refused_count() const override { return refused_ + leaves_.refused_count(); }

 private:
  using SetId = std::uint32_t;  // 0: dead
  static constexpr SetId kUnknown = 0xffff'ffff;

  struct Set {
    StackTops kernel;
    Closed closed;
    ByteSet may_come;          // these bytes, for lack of budget perhaps not all of them
    std::vector<SetId> steps;  // by rank in may_come
    std::optional<MaskKey> key;
    std::optional<std::optional<PlainRun>> run;
    bool live = false;  // the end is known to be within reach, whatever guards there are
    bool lost = false;  // a search for it was in vain
  };

  static MachineState state_of(SetId id) { return {.words = {id, 0, 0, 0}}; }
  static SetId set_of(const MachineState& state) { return static_cast<SetId>(state.words[0]); }

  SetId step(SetId from, std::uint8_t byte);
  SetId enter(StackTops kernel);
  StackTops kernel_after(const Set& set, std::uint8_t byte);
  void find_bytes(Set& set);
  std::uint64_t content_of(const StackTop& top, std::uint32_t reach);
  std::optional<PlainRun> find_run(SetId id);
  std::optional<PlainRun> run_into(SetId id, SetId loop, const std::vector<std::uint8_t>& bytes);

  // stack_search.cc: with lexemes a way on may be barred to its end.
  bool is_live(SetId id);
  std::vector<std::uint8_t> promising_bytes(const Set& set);
  std::uint64_t distance(const StackTop& top);
  bool sequence_returns(SetId home, SetId from, const Utf8Sequence& sequence, int depth);

  Network network_;
  GrammarRules rules_;
  Limits limits_;
  FrameTable frames_;
  Leaves leaves_;
  Guards guards_;
  Closure closure_;
  std::vector<std::unique_ptr<Set>> sets_;
  std::unordered_map<StackTops, SetId, StackTopsHash> by_kernel_;
  SetId start_ = 0;
  std::size_t memory_bytes_ = 0;
  std::uint64_t refused_ = 0;
};

// kUnsatisfiable: no text. The whole of what the front ends need.
Compiled<std::unique_ptr<Machine>> make_stack_machine(GrammarRules rules, const Limits& limits);

}  // namespace diptych::grammar
