#include "grammar/general/closure.h"

#include <algorithm>

#include "grammar/text/content_hash.h"

namespace diptych::grammar {
namespace {

using Kind = NetworkNode::Kind;
constexpr std::size_t kStacksMax = 2000;   // live at once
constexpr std::size_t kItemsMax = 20'000;  // looked at for one of them

void sort_out(StackTops& tops) {
  std::ranges::sort(tops);
  tops.erase(std::ranges::unique(tops).begin(), tops.end());
}

}  // namespace

std::size_t Closure::ItemHash::operator()(const Item& item) const {
  ContentHash hash(item.fresh ? 1 : 0);
  hash.add(std::uint64_t{item.top.state} << 32U | item.top.frame);
  hash.add(std::uint64_t{item.top.guard} << 32U | item.top.count);
  return hash.value();
}

std::optional<Closed> Closure::close(const StackTops& kernel,
                                     const std::function<std::uint64_t()>& salt) {
  pending_.clear();
  seen_.clear();
  locals_.clear();
  lexemes_.clear();
  closed_ = {};
  for (const StackTop& top : kernel) push(top, false);
  while (!pending_.empty()) {
    if (seen_.size() > kItemsMax || closed_.reads.size() > kStacksMax) return std::nullopt;
    const Item item = pending_.back();
    pending_.pop_back();
    visit(item);
  }
  begin_lexemes();
  join_tail_calls();
  settle_frames(salt);
  closed_.reads = with_final_frames(closed_.reads);
  return std::move(closed_);
}

void Closure::push(const StackTop& top, bool fresh) {
  if ((top.state & kLeafBit) == 0 && !network_.nodes[top.state].live) return;
  const Item item{top, fresh};
  if (seen_.insert(item).second) pending_.push_back(item);
}

void Closure::visit(const Item& item) {
  const StackTop& top = item.top;
  const auto at = [&](std::uint32_t state) {
    return StackTop{state, top.count, top.frame, top.guard};
  };
  if ((top.state & kLeafBit) != 0) return visit_leaf(item);
  const NetworkNode& node = network_.nodes[top.state];
  switch (node.kind) {
    case Kind::kFinal:
      return complete(top);
    case Kind::kRead:
      closed_.reads.push_back(top);
      return;
    case Kind::kSplit:
      push(at(node.a), item.fresh);
      return push(at(node.b), item.fresh);
    case Kind::kCall:
      return call(item, node);
    case Kind::kLexeme:
      lexemes_.push_back(top);
      return;
    case Kind::kLanguage:
    case Kind::kMachine:
      return push(at(leaves_.start(top.state)), item.fresh);
    case Kind::kLoop:
      return visit_loop(item, node);
    case Kind::kLoopEnd: {
      if (item.fresh) return;  // a round that read nothing gains nothing
      const CountedLoop& loop = network_.loops[network_.nodes[node.a].a];
      const std::uint32_t rounds =
          loop.most == kUnbounded ? std::min(top.count + 1, loop.least) : top.count + 1;
      return push({node.a, rounds, top.frame, top.guard}, false);
    }
  }
}

void Closure::visit_leaf(const Item& item) {
  StackTop top = item.top;
  closed_.reads.push_back(top);
  if (!leaves_.may_end(top.state)) return;
  const NetworkNode& node = network_.nodes[leaves_.node(top.state)];
  if (node.kind == Kind::kLexeme) {
    top.guard = guards_.against(leaves_.all_lexemes(top.state), top.guard);
  }
  top.state = node.b;
  push(top, item.fresh);
}

void Closure::visit_loop(const Item& item, const NetworkNode& node) {
  const CountedLoop& loop = network_.loops[node.a];
  StackTop top = item.top;
  if (top.count >= loop.least) complete(top);
  top.state = loop.body;
  if (top.count < loop.most) push(top, true);
}

void Closure::call(const Item& item, const NetworkNode& node) {
  const StackTop& top = item.top;
  const NetworkNode& after = network_.nodes[node.b];
  const NetworkState begin = network_.procedures[node.a];
  if (!after.live || !network_.nodes[begin].live) return;
  const FrameId frame = local_frame(node.a, top.guard);
  LocalFrame& local = locals_[frame & ~kLocalBit];
  if (after.kind == Kind::kFinal) {
    local.joined.push_back(top.frame);
  } else {
    local.returns.push_back({node.b, top.count, top.frame});
  }
  push({begin, 0, frame, top.guard}, false);
  // Ends that read nothing are dealt with here, so that a frame never ends where it began.
  if (network_.nodes[begin].nullable) push({node.b, top.count, top.frame, top.guard}, item.fresh);
}

void Closure::complete(const StackTop& ended) {
  if ((ended.frame & kLocalBit) != 0) return;  // see call()
  const StackFrame& frame = frames_[ended.frame];
  closed_.may_end = closed_.may_end || frame.ends;
  for (StackTop top : frame.returns) {
    top.guard = ended.guard;
    push(top, false);
  }
}

// A frame for each guard: whoever waits has to obey the same one.
FrameId Closure::local_frame(std::uint32_t procedure, std::uint32_t guard) {
  const auto found = std::ranges::find_if(locals_, [&](const LocalFrame& local) {
    return local.procedure == procedure && local.guard == guard;
  });
  if (found == locals_.end()) {
    locals_.push_back({.procedure = procedure, .guard = guard});
    return static_cast<FrameId>(locals_.size() - 1) | kLocalBit;
  }
  return static_cast<FrameId>(found - locals_.begin()) | kLocalBit;
}

void Closure::begin_lexemes() {
  if (lexemes_.empty()) return;
  std::vector<std::uint32_t> leaves;
  for (const StackTop& top : lexemes_) leaves.push_back(network_.nodes[top.state].a);
  std::ranges::sort(leaves);
  Language all = rules_.languages->none();
  for (const std::uint32_t leaf : leaves) {
    all = rules_.languages->either(all, network_.leaves[leaf]);
  }
  for (StackTop top : lexemes_) {
    top.state = leaves_.start_lexeme(top.state, all);
    closed_.reads.push_back(top);
  }
}

// A rule whose last part is a call adds nothing to the stack: whoever waits for it waits for the
// call. FrameTable may join each other in circles, so until nothing is gained.
void Closure::join_tail_calls() {
  bool gained = true;
  while (gained) {
    gained = false;
    for (LocalFrame& local : locals_) {
      const std::size_t before = local.returns.size();
      const bool ended = local.ends;
      for (const FrameId id : local.joined) {
        const bool is_local = (id & kLocalBit) != 0;
        const StackTops& more = is_local ? locals_[id & ~kLocalBit].returns : frames_[id].returns;
        if (&more != &local.returns) {
          local.returns.insert(local.returns.end(), more.begin(), more.end());
        }
        local.ends = local.ends || (is_local ? locals_[id & ~kLocalBit].ends : frames_[id].ends);
      }
      sort_out(local.returns);
      gained = gained || local.returns.size() > before || local.ends != ended;
    }
  }
}

StackTops Closure::with_final_frames(const StackTops& tops) const {
  StackTops out = tops;
  for (StackTop& top : out) {
    if ((top.frame & kLocalBit) != 0) top.frame = locals_[top.frame & ~kLocalBit].id;
  }
  sort_out(out);
  return out;
}

bool Closure::settle_if_ready(LocalFrame& local) {
  const bool ready = std::ranges::all_of(local.returns, [&](const StackTop& top) {
    return (top.frame & kLocalBit) == 0 || locals_[top.frame & ~kLocalBit].settled;
  });
  if (!ready) return false;
  local.id = frames_.intern({.returns = with_final_frames(local.returns), .ends = local.ends});
  local.settled = true;
  return true;
}

void Closure::settle_frames(const std::function<std::uint64_t()>& salt) {
  bool gained = true;
  while (gained) {
    gained = false;
    for (LocalFrame& local : locals_) {
      if (!local.settled && settle_if_ready(local)) gained = true;
    }
  }
  // What is left waits for itself (left recursion): told apart by where it began.
  for (LocalFrame& local : locals_) {
    if (!local.settled) local.id = frames_.reserve();
  }
  for (LocalFrame& local : locals_) {
    if (local.settled) continue;
    ContentHash hash(salt());
    hash.add(std::uint64_t{local.guard} << 32U | local.procedure);
    frames_.settle(local.id, {.returns = with_final_frames(local.returns),
                              .ends = local.ends,
                              .salt = hash.value() | 1});
    local.settled = true;
  }
}

}  // namespace diptych::grammar
