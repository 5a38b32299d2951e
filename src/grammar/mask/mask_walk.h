#pragma once
// Which tokens may come in a state: walks the vocabulary's trie with the machine, and where the
// machine names a plain run takes whole subtrees or a ready mask instead.

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "base/error.h"
#include "grammar/machine.h"
#include "grammar/mask/mask_store.h"
#include "grammar/mask/run_suffixes.h"
#include "grammar/mask/token_trie.h"

namespace diptych::grammar {

struct MaskWalkOptions {
  std::int64_t steps_max = std::numeric_limits<std::int64_t>::max();  // bytes tried for one mask
  bool plain_runs = true;  // false: every byte of every token is tried. For tests
};

class MaskWalk {  // one thread at a time: works in place
 public:
  MaskWalk(const VocabularyIndex& vocabulary, Machine& machine, MaskStore& store,
           const MaskWalkOptions& options);

  // Sets the bits of the tokens that may come in `state`, end tokens included. With `bytes_left`:
  // only those after which the text can still be ended with that many bytes.
  // kTimeout: steps_max was passed; the row is unspecified.
  Status fill(const MachineState& state, std::span<std::uint32_t> row,
              std::optional<std::uint32_t> bytes_left = std::nullopt);

  std::uint64_t walked_bytes() const { return walked_bytes_; }
  std::size_t memory_bytes() const { return states_.capacity() * sizeof(MachineState); }

 private:
  // States after the first characters of a uniform run, reached as they are asked for.
  class RunStates {
   public:
    void begin(const MachineState& state, const PlainRun& run);
    const MachineState* after(Machine& machine, std::uint32_t characters);  // nullptr: dead

   private:
    std::vector<MachineState> states_;
    std::array<std::uint8_t, 2> character_{};  // one of the run, in UTF-8
    bool multibyte_ = false;
  };

  bool step(const MachineState& from, std::uint8_t byte, MachineState& to);
  bool fits(const MachineState& state);
  // Whichever number of characters of the run comes, up to that many: the text can be closed.
  bool all_fit(RunStates& states, std::uint32_t characters_max);

  void walk_all(const MachineState& state, std::optional<PlainRun> run);
  void allow_class(const PlainRun& run);
  bool is_allowed(std::uint32_t node) const;
  void walk(std::uint32_t first, std::uint32_t end);
  bool covered(std::uint32_t node, const MachineState& state);
  void walk_beside(const MachineState& state, PlainRun run);
  ByteSet exits_of(const PlainRun& run);
  bool leaves(const PlainRun& run, std::uint8_t byte);
  bool ends_with_count(const PlainRun& run);
  bool worth_it(const PlainRun& run, const ByteSet& exits) const;
  void walk_after_runs(const PlainRun& run, std::uint8_t byte);
  void walk_suffixes(const RunSuffixes& suffixes, const PlainRun& run);
  void allow_members(const RunSuffixes::Group& group, const PlainRun& run);
  bool is_loop();
  void finish_characters(const PlainRun& run);
  void walk_character(std::uint32_t node);
  SharedMask class_mask(const PlainRun& run);

  void allow(std::span<const Token> tokens);
  void allow_own(std::uint32_t node, const MachineState& state);

  const VocabularyIndex& vocabulary_;
  const TokenTrie& trie_;
  Machine& machine_;
  MaskStore& store_;
  MaskWalkOptions options_;

  std::vector<MachineState> states_;  // by depth: after that many bytes of the token
  RunStates run_states_, covered_states_;
  std::span<std::uint32_t> row_;
  std::optional<std::uint32_t> bytes_left_;
  std::optional<PlainRun> allowed_run_;  // of the mask's state: its tokens are in the row already
  std::int64_t steps_left_ = 0;
  std::uint64_t walked_bytes_ = 0;
};

}  // namespace diptych::grammar
