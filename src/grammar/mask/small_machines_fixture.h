#pragma once
// Small machines and vocabularies for the tests of masks, and the definition of a mask: try every
// token.

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "grammar/constraint.h"
#include "grammar/mask/token_mask.h"
#include "grammar/mask/utf8_phase.h"

namespace diptych::grammar::testing {

// Balanced brackets of two kinds around the letter a, at most 30 deep: words[0] has one bit for
// each open bracket below a leading 1.
class BracketMachine final : public Machine {
 public:
  MachineState start() override { return {.words = {1, 0, 0, 0}}; }
  bool next(const MachineState& from, std::uint8_t byte, MachineState& to) override {
    to = from;
    std::uint64_t& stack = to.words[0];
    switch (byte) {
      case '(':
      case '[':
        if (stack >> 30U) return false;
        stack = stack << 1U | (byte == '[' ? 1U : 0U);
        return true;
      case ')':
      case ']':
        if (stack == 1 || (stack & 1U) != (byte == ']' ? 1U : 0U)) return false;
        stack >>= 1U;
        return true;
      default:
        return byte == 'a' && stack != 1;
    }
  }
  bool may_end(const MachineState& state) override { return state.words[0] == 1; }
  MaskKey mask_key(const MachineState& state, std::uint32_t) override {
    return {.high = 1, .low = state.words[0]};
  }
  std::optional<std::uint32_t> bytes_to_end(const MachineState& state) override {
    std::uint32_t depth = 0;
    for (std::uint64_t stack = state.words[0]; stack > 1; stack >>= 1U) ++depth;
    return depth;
  }
  std::size_t memory_bytes() const override { return sizeof *this; }
};

struct StringShape {
  std::uint64_t length_min = 0, length_max = 1'000'000;
  std::string_view closes = "\"";    // any of these bytes ends the text
  std::string_view letters;          // ASCII characters allowed inside; empty: all plain ones
  bool multibyte = true;             // characters above U+007F
  std::uint64_t narrow_after = ~0U;  // from that many characters on only 'a' … 'f'
  bool uniform = true;
};

// A quoted string. words: phase (0 before, 1 inside, 2 after a backslash, 3 closed), characters,
// UTF-8 phase.
class StringMachine final : public Machine {
 public:
  explicit StringMachine(StringShape shape) : shape_(shape) {}

  MachineState start() override { return {}; }
  bool next(const MachineState& from, std::uint8_t byte, MachineState& to) override {
    to = from;
    auto& [phase, characters, utf8, unused] = to.words;
    if (phase == 0) {
      phase = 1;
      return byte == '"';
    }
    if (phase == 3) return false;
    if (phase == 2) {
      phase = 1;
      return (byte == 'n' || byte == '"') && ++characters <= shape_.length_max;
    }
    const auto before = static_cast<Utf8Phase>(utf8);
    if (before == Utf8Phase::kBoundary && byte < 0x80) return next_ascii(byte, to);
    const Utf8Phase after = next_utf8_phase(before, byte);
    utf8 = static_cast<std::uint64_t>(after);
    if (after == Utf8Phase::kBoundary) ++characters;
    const std::uint64_t open = after == Utf8Phase::kBoundary ? 0 : 1;
    return shape_.multibyte && from.words[1] < shape_.narrow_after && after != Utf8Phase::kBroken &&
           characters + open <= shape_.length_max;
  }
  bool may_end(const MachineState& state) override { return state.words[0] == 3; }
  MaskKey mask_key(const MachineState& state, std::uint32_t reach) override {
    const auto clip = [&](std::uint64_t bound) {
      const std::uint64_t left = bound - std::min(bound, state.words[1]);
      return std::min<std::uint64_t>(left, std::uint64_t{reach} + 1);
    };
    const std::uint64_t counts = (clip(shape_.length_min) << 20U | clip(shape_.length_max)) << 20U |
                                 clip(shape_.narrow_after);
    return {.high = state.words[0] << 8U | state.words[2], .low = counts};
  }
  std::optional<PlainRun> plain_run(const MachineState& state) override {
    const auto& [phase, characters, utf8, unused] = state.words;
    if (phase != 1 || utf8 != 0 || characters >= shape_.narrow_after) return std::nullopt;
    PlainRun run{.multibyte = shape_.multibyte, .uniform = shape_.uniform};
    for (std::uint8_t byte = 0; byte < 0x80; ++byte) {
      if (is_letter(byte)) run.ascii[byte >> 6U] |= std::uint64_t{1} << (byte & 63U);
    }
    const std::uint64_t left = std::min(shape_.length_max, shape_.narrow_after) - characters;
    run.code_points_max = static_cast<std::uint32_t>(std::min<std::uint64_t>(left, 0xffff'ffff));
    return run;
  }
  std::optional<std::uint32_t> bytes_to_end(const MachineState& state) override {
    const auto& [phase, characters, utf8, unused] = state.words;
    if (phase == 3) return 0;
    const std::uint64_t due = shape_.length_min - std::min(shape_.length_min, characters);
    return static_cast<std::uint32_t>(due + 1 + (phase == 1 && utf8 == 0 ? 0 : 3));
  }
  std::size_t memory_bytes() const override { return sizeof *this; }

 private:
  bool is_letter(std::uint8_t byte) const {
    if (byte < 0x20 || byte == '"' || byte == '\\') return false;
    return shape_.letters.empty() ||
           shape_.letters.find(static_cast<char>(byte)) != shape_.letters.npos;
  }
  bool next_ascii(std::uint8_t byte, MachineState& to) const {
    auto& [phase, characters, utf8, unused] = to.words;
    if (shape_.closes.find(static_cast<char>(byte)) != shape_.closes.npos) {
      phase = 3;
      return characters >= shape_.length_min;
    }
    if (byte == '\\') {
      phase = 2;
      return characters < shape_.length_max;
    }
    const bool narrow = characters >= shape_.narrow_after;
    if (narrow ? byte < 'a' || byte > 'f' : !is_letter(byte)) return false;
    return ++characters <= shape_.length_max;
  }

  StringShape shape_;
};

// Every single byte, then `words`, then an end token and a special one, then empty padding.
inline VocabularySource vocabulary_of(const std::vector<std::string>& words) {
  VocabularySource source;
  for (int byte = 0; byte < 256; ++byte) {
    source.tokens.push_back({.bytes = std::string(1, static_cast<char>(byte))});
  }
  for (const std::string& word : words) source.tokens.push_back({.bytes = word});
  source.ends = {static_cast<Token>(source.tokens.size())};
  source.tokens.push_back({.bytes = "<end>", .special = true});
  source.tokens.push_back({.bytes = "a", .special = true});
  source.tokens.resize(source.tokens.size() + 3);
  return source;
}

inline Target target_of(const std::vector<std::string>& words) {
  return {.vocabulary = *make_vocabulary_index(vocabulary_of(words)), .masks = make_mask_store()};
}

inline std::vector<Token> ids_of(MaskView mask) {
  std::vector<Token> ids;
  for (Token token = 0; static_cast<std::size_t>(token) < mask.size() * 32; ++token) {
    if (has_bit(mask, token)) ids.push_back(token);
  }
  return ids;
}

// The definition of a mask.
inline std::vector<Token> tried_one_by_one(const VocabularyIndex& vocabulary, Machine& machine,
                                           const MachineState& state) {
  std::vector<Token> ids;
  for (Token token = 0; token < vocabulary.size(); ++token) {
    const std::string_view bytes = vocabulary.bytes_of(token);
    MachineState at = state;
    const bool alive = std::ranges::all_of(bytes, [&](char byte) {
      const MachineState from = at;
      return machine.next(from, static_cast<std::uint8_t>(byte), at);
    });
    const bool allowed =
        vocabulary.is_end(token) ? machine.may_end(state) : alive && !bytes.empty();
    if (allowed) ids.push_back(token);
  }
  return ids;
}

}  // namespace diptych::grammar::testing
