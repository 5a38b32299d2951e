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
  hash.add(item.top.count);
  return hash.value();
}

std::optional<Closed> Closure::close(const StackTops& kernel,
                                     const std::function<std::uint64_t()>& salt) {
  pending_.clear();
  seen_.clear();
  locals_.clear();
  closed_ = {};
  for (const StackTop& top : kernel) push(top.state, top.count, top.frame, false);
  while (!pending_.empty()) {
    if (seen_.size() > kItemsMax || closed_.reads.size() > kStacksMax) return std::nullopt;
    const Item item = pending_.back();
    pending_.pop_back();
    visit(item);
  }
  join_tail_calls();
  settle_frames(salt);
  closed_.reads = with_final_frames(closed_.reads);
  return std::move(closed_);
}

void Closure::push(std::uint32_t state, std::uint32_t count, FrameId frame, bool fresh) {
  if ((state & kLeafBit) == 0 && !network_.nodes[state].live) return;
  const Item item{{state, count, frame}, fresh};
  if (seen_.insert(item).second) pending_.push_back(item);
}

void Closure::visit(const Item& item) {
  const StackTop& top = item.top;
  if ((top.state & kLeafBit) != 0) return visit_leaf(item);
  const NetworkNode& node = network_.nodes[top.state];
  switch (node.kind) {
    case Kind::kFinal:
      return complete(top.frame);
    case Kind::kRead:
      closed_.reads.push_back(top);
      return;
    case Kind::kSplit:
      push(node.a, top.count, top.frame, item.fresh);
      return push(node.b, top.count, top.frame, item.fresh);
    case Kind::kCall:
      return call(item, node);
    case Kind::kLanguage:
    case Kind::kMachine:
      return push(leaves_.start(top.state), top.count, top.frame, item.fresh);
    case Kind::kLoop:
      return visit_loop(item, node);
    case Kind::kLoopEnd: {
      if (item.fresh) return;  // a round that read nothing gains nothing
      const CountedLoop& loop = network_.loops[network_.nodes[node.a].a];
      const std::uint32_t rounds =
          loop.most == kUnbounded ? std::min(top.count + 1, loop.least) : top.count + 1;
      return push(node.a, rounds, top.frame, false);
    }
  }
}

void Closure::visit_leaf(const Item& item) {
  closed_.reads.push_back(item.top);
  if (!leaves_.may_end(item.top.state)) return;
  const NetworkNode& node = network_.nodes[leaves_.node(item.top.state)];
  push(node.b, item.top.count, item.top.frame, item.fresh);
}

void Closure::visit_loop(const Item& item, const NetworkNode& node) {
  const CountedLoop& loop = network_.loops[node.a];
  if (item.top.count >= loop.least) complete(item.top.frame);
  if (item.top.count < loop.most) push(loop.body, item.top.count, item.top.frame, true);
}

void Closure::call(const Item& item, const NetworkNode& node) {
  const NetworkNode& after = network_.nodes[node.b];
  const NetworkState begin = network_.procedures[node.a];
  if (!after.live || !network_.nodes[begin].live) return;
  const FrameId frame = local_frame(node.a);
  LocalFrame& local = locals_[frame & ~kLocalBit];
  if (after.kind == Kind::kFinal) {
    local.joined.push_back(item.top.frame);
  } else {
    local.returns.push_back({node.b, item.top.count, item.top.frame});
  }
  push(begin, 0, frame, false);
  // Ends that read nothing are dealt with here, so that a frame never ends where it began.
  if (network_.nodes[begin].nullable) push(node.b, item.top.count, item.top.frame, item.fresh);
}

void Closure::complete(FrameId id) {
  if ((id & kLocalBit) != 0) return;  // see call()
  const Frame& frame = frames_[id];
  closed_.may_end = closed_.may_end || frame.ends;
  for (const StackTop& top : frame.returns) push(top.state, top.count, top.frame, false);
}

FrameId Closure::local_frame(std::uint32_t procedure) {
  const auto found = std::ranges::find(locals_, procedure, &LocalFrame::procedure);
  if (found == locals_.end()) {
    locals_.push_back({.procedure = procedure});
    return static_cast<FrameId>(locals_.size() - 1) | kLocalBit;
  }
  return static_cast<FrameId>(found - locals_.begin()) | kLocalBit;
}

// A rule whose last part is a call adds nothing to the stack: whoever waits for it waits for the
// call. Frames may join each other in circles, so until nothing is gained.
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
    hash.add(local.procedure);
    frames_.settle(local.id, {.returns = with_final_frames(local.returns),
                              .ends = local.ends,
                              .salt = hash.value() | 1});
    local.settled = true;
  }
}

}  // namespace diptych::grammar
