#pragma once
// A grammar as a deterministic machine over bytes, built as it is walked. Everything that
// constrains text (JSON schemas, regular expressions, GBNF, Lark, choices, tags) is a Machine;
// masks, tokens, caches, roll-back and forced text know only this.
//
// Soundness rests on one rule: next() answers true only when some valid text continues through the
// new state.

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace diptych::grammar {

// Where a machine stands: a plain value that the machine alone can read. Copying it is forking;
// keeping an old one is rolling back. Equal values mean equal continuations. A machine keeps what
// does not fit (stacks, key sets) in its own append-only, hash-consed tables and stores handles
// here.
struct MachineState {
  std::array<std::uint64_t, 4> words{};
  friend bool operator==(const MachineState&, const MachineState&) = default;
};

struct MaskKey {  // 128 bits
  std::uint64_t high = 0, low = 0;
  friend bool operator==(const MaskKey&, const MaskKey&) = default;
};

using ByteSet = std::bitset<256>;

// Every token that lies wholly inside this run may come now: the mask needs no walk for those.
// ASCII bytes of `ascii`, and with `multibyte` whole characters above U+007F; in all at most
// `code_points_max` of them.
struct PlainRun {
  std::array<std::uint64_t, 2> ascii{};
  bool multibyte = false;
  std::uint32_t code_points_max = 0xffff'ffff;
  // The state after some characters of the run depends on how many they are, not on which: makes
  // masks much cheaper. True for loops, with and without a count.
  bool uniform = false;
};

class Machine {  // not thread-safe: Constraint (constraint.h) holds the lock
 public:
  virtual ~Machine() = default;

  virtual MachineState start() = 0;
  // False: no valid text goes on this way, `to` is unspecified. May answer false for lack of budget
  // (tables full, search given up): sound, and counted in refused_count().
  virtual bool next(const MachineState& from, std::uint8_t byte, MachineState& to) = 0;
  virtual bool may_end(const MachineState& state) = 0;  // what was read is a whole valid text

  // Equal keys mean equal masks: a state with what cannot matter within one token (the longest has
  // `reach` bytes) left out: counts far from their bounds, the stack far below. Content-addressed:
  // two machines may share masks through equal keys.
  virtual MaskKey mask_key(const MachineState& state, std::uint32_t reach) = 0;

  // Hints; the defaults are right and slow.
  virtual std::optional<PlainRun> plain_run(const MachineState&) { return std::nullopt; }
  virtual ByteSet allowed_bytes(const MachineState& state);  // the default tries all 256
  // Length of the shortest text that ends the document from here; for closing within a token limit.
  // nullopt: not known.
  virtual std::optional<std::uint32_t> bytes_to_end(const MachineState&) { return std::nullopt; }

  virtual std::size_t memory_bytes() const = 0;
  virtual std::uint64_t refused_count() const { return 0; }  // bytes refused for lack of budget
};

}  // namespace diptych::grammar
