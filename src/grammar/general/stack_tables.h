#pragma once
// What a position in a recursive transition network consists of, each kept once under a number.

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "grammar/general/language_bytes.h"
#include "grammar/general/network.h"
#include "grammar/machine.h"

namespace diptych::grammar {

using FrameId = std::uint32_t;
inline constexpr FrameId kBottom = 0;                    // below it is the end of the text
inline constexpr std::uint32_t kLeafBit = 0x8000'0000;   // StackTop::state: index into Leaves
inline constexpr std::uint32_t kLocalBit = 0x8000'0000;  // StackTop::frame: not yet under a number

// One way to stand: a state, how often its loop went round, and where to go on at the rule's end.
struct StackTop {
  std::uint32_t state = 0, count = 0;
  FrameId frame = kBottom;
  friend auto operator<=>(const StackTop&, const StackTop&) = default;
};
using StackTops = std::vector<StackTop>;  // sorted, without repeats

struct StackTopsHash {
  std::size_t operator()(const StackTops& tops) const;
};

// A rule begun: all the places that wait for its end. The stacks of a graph, shared.
struct Frame {
  StackTops returns;
  bool ends = false;       // the end of the text waits as well
  std::uint64_t salt = 0;  // of frames that wait for themselves, by way of others: where they began
  std::uint64_t content = 0;
};

class Frames {
 public:
  explicit Frames(const Network& network);
  const Frame& operator[](FrameId id) const { return frames_[id]; }
  FrameId intern(Frame frame);  // content is set here
  FrameId reserve();            // for frames that wait for each other
  void settle(FrameId id, Frame frame);
  // A hash by content, in which counts far from their loop's bounds are alike.
  std::uint64_t content_of(const StackTop& top) const;
  std::size_t memory_bytes() const { return memory_bytes_; }

 private:
  const Network& network_;
  std::vector<Frame> frames_;
  std::unordered_multimap<std::uint64_t, FrameId> by_content_;
  std::size_t memory_bytes_ = 0;
};

// Inside a leaf of the network: a language or a machine of its own.
struct LeafPosition {
  NetworkState node = 0;
  MachineState
      inside;  // of a language: words[0] is the language, words[1] the unfinished character
  friend bool operator==(const LeafPosition&, const LeafPosition&) = default;
};

class Leaves {
 public:
  Leaves(const Network& network, GrammarRules& rules) : network_(network), rules_(rules) {}
  std::uint32_t start(NetworkState node);  // with kLeafBit
  // 0: the byte cannot come.
  std::uint32_t next(std::uint32_t leaf, std::uint8_t byte);
  bool may_end(std::uint32_t leaf) const { return entries_[leaf & ~kLeafBit].may_end; }
  NetworkState node(std::uint32_t leaf) const { return entries_[leaf & ~kLeafBit].position.node; }
  ByteSet allowed(std::uint32_t leaf);
  std::optional<PlainRun> plain_run(std::uint32_t leaf);
  std::uint64_t key(std::uint32_t leaf, std::uint32_t reach);
  std::size_t memory_bytes() const;
  std::uint64_t refused_count() const;

 private:
  struct Entry {
    LeafPosition position;
    bool may_end = false;
  };
  struct PositionHash {
    std::size_t operator()(const LeafPosition& position) const;
  };

  bool is_language(const LeafPosition& position) const {
    return network_.nodes[position.node].kind == NetworkNode::Kind::kLanguage;
  }
  Machine& machine(const LeafPosition& position) const {
    return *rules_.machines[network_.nodes[position.node].a];
  }
  std::uint32_t intern(const LeafPosition& position);

  const Network& network_;
  GrammarRules& rules_;
  std::vector<Entry> entries_;
  std::unordered_map<LeafPosition, std::uint32_t, PositionHash> by_position_;
};

}  // namespace diptych::grammar
