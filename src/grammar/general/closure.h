#pragma once
// Everything a machine may do before it reads the next byte: rules begun, rules ended, loops gone
// round. Rules begun here share one frame each, whoever waits for them.

#include <functional>
#include <optional>
#include <unordered_set>
#include <vector>

#include "grammar/general/stack_tables.h"

namespace diptych::grammar {

struct Closed {
  StackTops reads;       // states that read: NetworkNode::kRead, or leaves
  bool may_end = false;  // the text may be over
};

class Closure {
 public:
  Closure(const Network& network, GrammarRules& rules, FrameTable& frames, Leaves& leaves,
          Guards& guards)
      : network_(network), rules_(rules), frames_(frames), leaves_(leaves), guards_(guards) {}

  // nullopt: more live stacks than allowed. `salt` tells kernels apart by their content.
  std::optional<Closed> close(const StackTops& kernel, const std::function<std::uint64_t()>& salt);

 private:
  struct Item {
    StackTop top;
    bool fresh = false;  // nothing was read since its loop began this round
    friend bool operator==(const Item&, const Item&) = default;
  };
  struct ItemHash {
    std::size_t operator()(const Item& item) const;
  };
  struct LocalFrame {
    std::uint32_t procedure = 0, guard = 0;
    StackTops returns;
    std::vector<FrameId> joined;  // frames whose waiting places wait for this one: tail calls
    bool ends = false;
    FrameId id = kBottom;
    bool settled = false;
  };

  void push(const StackTop& top, bool fresh);
  void visit(const Item& item);
  void visit_leaf(const Item& item);
  void visit_loop(const Item& item, const NetworkNode& node);
  void call(const Item& item, const NetworkNode& node);
  void complete(const StackTop& top);
  FrameId local_frame(std::uint32_t procedure, std::uint32_t guard);
  void begin_lexemes();
  void join_tail_calls();
  void settle_frames(const std::function<std::uint64_t()>& salt);
  bool settle_if_ready(LocalFrame& local);
  StackTops with_final_frames(const StackTops& tops) const;

  const Network& network_;
  GrammarRules& rules_;
  FrameTable& frames_;
  Leaves& leaves_;
  Guards& guards_;
  std::vector<Item> pending_;
  std::unordered_set<Item, ItemHash> seen_;
  std::vector<LocalFrame> locals_;
  StackTops lexemes_;  // that begin here
  Closed closed_;
};

}  // namespace diptych::grammar
