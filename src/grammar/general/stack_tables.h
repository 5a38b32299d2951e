#pragma once
// What a position in a recursive transition network consists of, each kept once under a number.

#include <cstdint>
#include <optional>
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

// One way to stand: a state, how often its loop went round, where to go on at the rule's end, and
// what must not come: see Guards.
struct StackTop {
  std::uint32_t state = 0, count = 0;
  FrameId frame = kBottom;
  std::uint32_t guard = 0;
  friend auto operator<=>(const StackTop&, const StackTop&) = default;
};
using StackTops = std::vector<StackTop>;  // sorted, without repeats

struct StackTopsHash {
  std::size_t operator()(const StackTops& tops) const;
};

// A rule begun: all the places that wait for its end. The stacks of a graph, shared.
struct StackFrame {
  StackTops returns;
  bool ends = false;       // the end of the text waits as well
  std::uint64_t salt = 0;  // of frames that wait for themselves, by way of others: where they began
  std::uint64_t content = 0;
  std::uint64_t distance = 0;  // about how many characters to the end of the text
};

class FrameTable {
 public:
  explicit FrameTable(const Network& network);
  const StackFrame& operator[](FrameId id) const { return frames_[id]; }
  FrameId intern(StackFrame frame);  // content is set here
  FrameId reserve();                 // for frames that wait for each other
  void settle(FrameId id, StackFrame frame);
  // A hash by content, in which counts far from their loop's bounds are alike.
  std::uint64_t content_of(const StackTop& top) const;
  std::size_t memory_bytes() const { return memory_bytes_; }

 private:
  const Network& network_;
  std::vector<StackFrame> frames_;
  std::unordered_multimap<std::uint64_t, FrameId> by_content_;
  std::size_t memory_bytes_ = 0;
};

// Inside a leaf of the network: a language or a machine of its own.
struct LeafPosition {
  NetworkState node = 0;
  // Of a language: words[0] is the language, words[1] the unfinished character. Of a lexeme:
  // words[2] and [3] are the same of all lexemes that began where it did.
  MachineState inside;
  friend bool operator==(const LeafPosition&, const LeafPosition&) = default;
};

// After a lexeme has ended: how a longer one would have gone on. Were one of those texts to come,
// the lexeme would have been another. 0: none.
class Guards {
 public:
  static constexpr std::uint32_t kBroken = 0xffff'ffff;

  explicit Guards(GrammarRules& rules) : rules_(rules), positions_(1) {}
  // A guard against the non-empty texts of `longer`, beside one that stands already.
  std::uint32_t against(Language longer, std::uint32_t beside);
  std::uint32_t next(std::uint32_t guard, std::uint8_t byte);  // kBroken: a longer lexeme is whole
  std::uint64_t key(std::uint32_t guard, std::uint32_t reach);

 private:
  std::uint32_t intern(const LanguagePosition& position);

  GrammarRules& rules_;
  std::vector<LanguagePosition> positions_;
  std::unordered_map<std::uint64_t, std::uint32_t> by_position_;
};

class Leaves {
 public:
  Leaves(const Network& network, GrammarRules& rules) : network_(network), rules_(rules) {}
  std::uint32_t start(NetworkState node);  // with kLeafBit
  std::uint32_t start_lexeme(NetworkState node, Language all);
  Language all_lexemes(std::uint32_t leaf) const {  // of a lexeme between characters
    const auto& words = entries_[leaf & ~kLeafBit].position.inside.words;
    return {static_cast<std::uint32_t>(words[2])};
  }
  std::optional<std::uint32_t> shortest(std::uint32_t leaf);  // characters still to come, about
  // 0: the byte cannot come.
  std::uint32_t next(std::uint32_t leaf, std::uint8_t byte);
  bool may_end(std::uint32_t leaf) const { return entries_[leaf & ~kLeafBit].may_end; }
  NetworkState node(std::uint32_t leaf) const { return entries_[leaf & ~kLeafBit].position.node; }
  ByteSet allowed(std::uint32_t leaf);
  ByteSet first_bytes(std::uint32_t leaf);  // at least one of each kind of continuation
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
    return network_.nodes[position.node].kind != NetworkNode::Kind::kMachine;
  }
  bool is_lexeme(const LeafPosition& position) const {
    return network_.nodes[position.node].kind == NetworkNode::Kind::kLexeme;
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
