#include "grammar/mask/mask_walk.h"

#include <algorithm>
#include <bit>

#include "grammar/mask/class_mask.h"

namespace diptych::grammar {

namespace {

// Below this many nodes walking a subtree is cheaper than asking the machine for a run.
constexpr std::uint32_t kCoverNodesMin = 12;
constexpr std::array<std::uint8_t, 2> kMultibyteSample = {0xC3, 0xA9};  // é

std::optional<std::uint8_t> first_ascii(const PlainRun& run) {
  for (std::size_t half = 0; half < 2; ++half) {
    if (run.ascii[half] != 0) {
      return static_cast<std::uint8_t>(half * 64 +
                                       static_cast<unsigned>(std::countr_zero(run.ascii[half])));
    }
  }
  return std::nullopt;
}

}  // namespace

void MaskWalk::RunStates::begin(const MachineState& state, const PlainRun& run) {
  states_.assign(1, state);
  const auto ascii = first_ascii(run);
  multibyte_ = !ascii;
  character_ = ascii ? std::array<std::uint8_t, 2>{*ascii, 0} : kMultibyteSample;
}

const MachineState* MaskWalk::RunStates::after(Machine& machine, std::uint32_t characters) {
  while (states_.size() <= characters) {
    MachineState to;
    if (!machine.next(states_.back(), character_[0], to)) return nullptr;
    if (multibyte_) {
      const MachineState between = to;
      if (!machine.next(between, character_[1], to)) return nullptr;
    }
    states_.push_back(to);
  }
  return &states_[characters];
}

MaskWalk::MaskWalk(const VocabularyIndex& vocabulary, Machine& machine, MaskStore& store,
                   const MaskWalkOptions& options)
    : vocabulary_(vocabulary),
      trie_(vocabulary.trie()),
      machine_(machine),
      store_(store),
      options_(options),
      states_(std::size_t{trie_.depth_max()} + 1) {}

Status MaskWalk::fill(const MachineState& state, std::span<std::uint32_t> row,
                      std::optional<std::uint32_t> bytes_left) {
  row_ = row;
  bytes_left_ = bytes_left;
  steps_left_ = options_.steps_max;
  std::ranges::fill(row_, 0U);
  const auto run = options_.plain_runs ? machine_.plain_run(state) : std::nullopt;
  if (run && run->uniform) {
    walk_beside(state, *run);
  } else {
    walk_all(state, bytes_left ? std::nullopt : run);
  }
  walked_bytes_ += static_cast<std::uint64_t>(options_.steps_max - steps_left_);
  if (steps_left_ < 0) {
    return fail(ErrorCode::kTimeout, "the next token's mask takes more steps than allowed",
                "mask_steps_max");
  }
  if (machine_.may_end(state)) allow(vocabulary_.ends());
  return {};
}

bool MaskWalk::step(const MachineState& from, std::uint8_t byte, MachineState& to) {
  return --steps_left_ >= 0 && machine_.next(from, byte, to);
}

bool MaskWalk::fits(const MachineState& state) {
  if (!bytes_left_) return true;
  const auto needed = machine_.bytes_to_end(state);
  return !needed || *needed <= *bytes_left_;
}

bool MaskWalk::all_fit(RunStates& states, std::uint32_t characters_max) {
  if (!bytes_left_) return true;
  for (std::uint32_t characters = 1; characters <= characters_max; ++characters) {
    const MachineState* state = states.after(machine_, characters);
    if (state == nullptr || !fits(*state)) return false;
  }
  return true;
}

void MaskWalk::allow(std::span<const Token> tokens) {
  for (const Token token : tokens) set_bit(row_, token);
}

void MaskWalk::allow_own(std::uint32_t node, const MachineState& state) {
  const auto own = trie_.own_tokens(node);
  if (!own.empty() && fits(state)) allow(own);
}

void MaskWalk::walk_all(const MachineState& state, std::optional<PlainRun> run) {
  states_[0] = state;
  if (run) {
    run->code_points_max = std::min(run->code_points_max, trie_.depth_max());
    allow_class(*run);
  }
  allowed_run_ = run;
  walk(0, trie_.node_count());
  allowed_run_.reset();
}

void MaskWalk::allow_class(const PlainRun& run) {
  const SharedMask plain = class_mask(run);
  if (plain->dense()) {
    std::ranges::copy(plain->words(), row_.begin());
  } else {
    allow(plain->ids());
  }
}

// All tokens at and below the node lie inside the run whose tokens are allowed already.
bool MaskWalk::is_allowed(std::uint32_t i) const {
  const TrieNode& node = trie_.node(i);
  PlainRun rest = *allowed_run_;
  if (!node.boundary || !trie_.before(i).within_but_for_length(rest)) return false;
  if (node.byte < 0x80 ? !has_byte(rest, node.byte) : !rest.multibyte) return false;
  const std::uint32_t characters = trie_.characters_to(i);
  if (characters > rest.code_points_max) return false;
  rest.code_points_max -= characters;
  return trie_.below(i).within(rest);
}

// The nodes [first, end) are whole subtrees; states_[depth - 1] is the state before each of them.
void MaskWalk::walk(std::uint32_t first, std::uint32_t end) {
  for (std::uint32_t i = first; i < end && steps_left_ >= 0;) {
    const TrieNode& node = trie_.node(i);
    MachineState& state = states_[node.depth];
    if ((allowed_run_ && is_allowed(i)) || !step(states_[node.depth - 1U], node.byte, state)) {
      i = node.end;
      continue;
    }
    allow_own(i, state);
    i = covered(i, state) ? node.end : i + 1;
  }
}

// True: all tokens below the node lie inside a plain run of its state, and were allowed.
bool MaskWalk::covered(std::uint32_t i, const MachineState& state) {
  const TrieNode& node = trie_.node(i);
  if (node.end - i < kCoverNodesMin || !node.boundary || !options_.plain_runs) return false;
  const auto run = machine_.plain_run(state);
  if (!run || !trie_.below(i).within(*run)) return false;
  if (bytes_left_) {
    if (!run->uniform) return false;
    covered_states_.begin(state, *run);
    if (!all_fit(covered_states_, trie_.below(i).code_points)) return false;
  }
  allow(trie_.subtree_tokens(i));
  return true;
}

// A uniform run: its own tokens are a ready mask. Any other token leaves the run at its first byte
// outside, in a state that only depends on the number of characters before.
void MaskWalk::walk_beside(const MachineState& state, PlainRun run) {
  run.code_points_max = std::min(run.code_points_max, trie_.depth_max());
  run_states_.begin(state, run);
  const ByteSet exits = exits_of(run);
  if (!worth_it(run, exits) || !ends_with_count(run) ||
      !all_fit(run_states_, run.code_points_max)) {
    walk_all(state, bytes_left_ ? std::nullopt : std::optional(run));
    return;
  }
  allow_class(run);
  const bool loop = is_loop();
  for (std::size_t i = 0; i < exits.size(); ++i) {
    if (!exits[i]) continue;
    const auto byte = static_cast<std::uint8_t>(i);
    const RunSuffixes* suffixes = loop ? trie_.suffixes_from(byte) : nullptr;
    suffixes != nullptr ? walk_suffixes(*suffixes, run) : walk_after_runs(run, byte);
  }
  if (!run.multibyte) return;
  const RunSuffixes* cut = loop ? trie_.cut_suffixes() : nullptr;
  cut != nullptr ? walk_suffixes(*cut, run) : finish_characters(run);
}

// After a loop: the state before each suffix is the one that the mask is for.
void MaskWalk::walk_suffixes(const RunSuffixes& suffixes, const PlainRun& run) {
  const TokenTrie& trie = suffixes.trie();
  states_[0] = *run_states_.after(machine_, 0);
  for (std::uint32_t i = 0; i < trie.node_count() && steps_left_ >= 0;) {
    const TrieNode& node = trie.node(i);
    MachineState& state = states_[node.depth];
    if (!step(states_[node.depth - 1U], node.byte, state)) {
      i = node.end;
      continue;
    }
    const auto groups = trie.own_tokens(i);
    if (!groups.empty() && fits(state)) allow_members(suffixes.group(groups[0]), run);
    ++i;
  }
}

void MaskWalk::allow_members(const RunSuffixes::Group& group, const PlainRun& run) {
  const bool all = group.before.within(run);
  for (const RunSuffixes::Member& member : group.members) {
    if (all || member.before.within(run)) set_bit(row_, member.token);
  }
}

// Bytes outside the run that may come after some of its characters.
ByteSet MaskWalk::exits_of(const PlainRun& run) {
  ByteSet exits;
  for (std::size_t i = 0; i < exits.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(i);
    const bool inside = byte < 0x80 ? has_byte(run, byte) : run.multibyte;
    exits[i] = !inside && !trie_.first_nodes_of(byte).empty() && leaves(run, byte);
  }
  return exits;
}

// The run leaves the state as it is, however long.
bool MaskWalk::is_loop() {
  const MachineState* second = run_states_.after(machine_, 1);
  return second != nullptr && *second == *run_states_.after(machine_, 0);
}

bool MaskWalk::leaves(const PlainRun& run, std::uint8_t byte) {
  const std::uint32_t characters_max =
      is_loop() ? 0 : std::min(run.code_points_max, trie_.run_max_before(byte));
  MachineState ignored;
  for (std::uint32_t characters = 0; characters <= characters_max; ++characters) {
    const MachineState* state = run_states_.after(machine_, characters);
    if (state == nullptr) return false;
    if (step(*state, byte, ignored)) return true;
  }
  return false;
}

// No character of the run may come after code_points_max of them, so that no token goes on there.
bool MaskWalk::ends_with_count(const PlainRun& run) {
  if (run.code_points_max >= trie_.depth_max()) return true;
  const MachineState* last = run_states_.after(machine_, run.code_points_max);
  if (last == nullptr) return false;
  const ByteSet allowed = machine_.allowed_bytes(*last);
  for (std::size_t i = 0; i < allowed.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(i);
    if (allowed[i] && (byte < 0x80 ? has_byte(run, byte) : run.multibyte)) return false;
  }
  return true;
}

bool MaskWalk::worth_it(const PlainRun& run, const ByteSet& exits) const {
  std::size_t nodes = run.multibyte ? trie_.cut_characters().size() : 0;
  for (std::size_t byte = 0; byte < exits.size(); ++byte) {
    if (exits[byte]) nodes += trie_.first_nodes_of(static_cast<std::uint8_t>(byte)).size();
  }
  return nodes <= trie_.node_count() / 8 + 64;
}

void MaskWalk::walk_after_runs(const PlainRun& run, std::uint8_t byte) {
  constexpr std::uint32_t kNone = 0xffff'ffff;
  std::uint32_t characters = kNone;  // of the step remembered
  bool alive = false;
  MachineState after;
  for (const std::uint32_t i : trie_.first_nodes_of(byte)) {
    if (!trie_.before(i).within(run)) continue;
    if (trie_.before(i).code_points != characters) {
      characters = trie_.before(i).code_points;
      const MachineState* before = run_states_.after(machine_, characters);
      alive = before != nullptr && step(*before, byte, after);
    }
    if (!alive) continue;
    const TrieNode& node = trie_.node(i);
    states_[node.depth] = after;
    allow_own(i, after);
    if (!covered(i, after)) walk(i + 1, node.end);
  }
}

// Tokens that end inside a character: the plain mask has whole ones only.
void MaskWalk::finish_characters(const PlainRun& run) {
  for (const std::uint32_t i : trie_.cut_characters()) {
    if (!trie_.before(i).within(run)) continue;
    const MachineState* before = run_states_.after(machine_, trie_.before(i).code_points);
    if (before == nullptr) continue;
    states_[trie_.node(i).depth - 1U] = *before;
    walk_character(i);
  }
}

void MaskWalk::walk_character(std::uint32_t first) {
  for (std::uint32_t i = first; i < trie_.node(first).end && steps_left_ >= 0;) {
    const TrieNode& node = trie_.node(i);
    MachineState& state = states_[node.depth];
    if (node.boundary || !step(states_[node.depth - 1U], node.byte, state)) {
      i = node.end;
      continue;
    }
    allow_own(i, state);
    ++i;
  }
}

SharedMask MaskWalk::class_mask(const PlainRun& run) {
  const MaskKey key = key_of_class(run);
  if (SharedMask known = store_.find(key)) return known;
  return store_.insert(key, make_class_mask(trie_, run, static_cast<int>(row_.size())));
}

}  // namespace diptych::grammar
