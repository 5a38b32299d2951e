#pragma once
// A vocabulary's tokens as a trie in depth-first order. The subtree of node i is the nodes
// [i, nodes[i].end), and its tokens are one contiguous part of tokens(), so "all of this subtree"
// costs no walk.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "grammar/machine.h"
#include "grammar/mask/utf8_phase.h"
#include "grammar/vocabulary_index.h"

namespace diptych::grammar {

// Which characters some bytes hold.
struct CharacterClass {
  std::array<std::uint64_t, 2> ascii{};
  std::uint16_t code_points = 0;  // saturating; of a set of texts: the most
  bool multibyte = false;         // has bytes above 0x7F
  bool whole = true;  // every text of the set ends between characters, and none is broken

  void add_byte(std::uint8_t byte) {
    if (byte < 0x80) {
      ascii[byte >> 6U] |= std::uint64_t{1} << (byte & 63U);
    } else {
      multibyte = true;
    }
  }
  bool within_but_for_length(const PlainRun& run) const {
    return (((ascii[0] & ~run.ascii[0]) | (ascii[1] & ~run.ascii[1])) == 0) &&
           (!multibyte || run.multibyte);
  }
  // Lies wholly inside the run.
  bool within(const PlainRun& run) const {
    return within_but_for_length(run) && whole && code_points <= run.code_points_max;
  }
};

inline bool has_byte(const PlainRun& run, std::uint8_t byte) {
  return byte < 0x80 && ((run.ascii[byte >> 6U] >> (byte & 63U)) & 1U) != 0;
}

class RunSuffixes;  // run_suffixes.h

struct TrieNode {
  std::uint32_t end = 0;          // of its subtree
  std::uint32_t first_token = 0;  // its own tokens go to the next node's first_token
  std::uint16_t depth = 0;        // bytes from the root, this one included
  std::uint8_t byte = 0;
  bool boundary = false;  // the bytes down to here are whole characters
};

class TokenTrie {
 public:
  struct Entry {
    std::string_view bytes;  // not empty; must outlive build() only
    Token token = 0;
  };
  explicit TokenTrie(std::vector<Entry> entries);

  std::uint32_t node_count() const { return static_cast<std::uint32_t>(nodes_.size()) - 1; }
  const TrieNode& node(std::uint32_t i) const { return nodes_[i]; }  // node_count(): a sentinel
  std::span<const Token> own_tokens(std::uint32_t i) const {
    return tokens(nodes_[i].first_token, nodes_[i + 1].first_token);
  }
  std::span<const Token> subtree_tokens(std::uint32_t i) const {
    return tokens(nodes_[i].first_token, nodes_[nodes_[i].end].first_token);
  }
  // Of the tokens at and below a node, what comes after it.
  const CharacterClass& below(std::uint32_t i) const { return below_[i]; }
  // Of the bytes before a node. whole: they end between characters.
  const CharacterClass& before(std::uint32_t i) const { return before_[i]; }
  // Whole characters down to a node, its byte included.
  std::uint32_t characters_to(std::uint32_t i) const {
    return std::uint32_t{before_[i].code_points} + std::uint32_t{nodes_[i].boundary};
  }
  // The nodes of that byte with no such byte before them, ascending.
  std::span<const std::uint32_t> first_nodes_of(std::uint8_t byte) const { return by_byte_[byte]; }
  // The most characters before any of those.
  std::uint32_t run_max_before(std::uint8_t byte) const { return run_max_before_[byte]; }
  // Lead bytes of characters in which some token ends.
  std::span<const std::uint32_t> cut_characters() const { return cut_characters_; }

  // Makes the following, which a whole vocabulary's trie is worth.
  void index_runs();
  // Tokens by what follows their first such byte; nullptr: not kept for that byte.
  const RunSuffixes* suffixes_from(std::uint8_t byte) const {
    if (byte == '"') return after_quote_.get();
    return byte == '\\' ? after_backslash_.get() : nullptr;
  }
  const RunSuffixes* cut_suffixes() const { return cut_suffixes_.get(); }  // of cut_characters()

  // The child of `parent` (kRoot: of the root) with that byte; node_count() if there is none.
  static constexpr std::uint32_t kRoot = 0xffff'ffff;
  std::uint32_t child(std::uint32_t parent, std::uint8_t byte) const;

  std::uint32_t depth_max() const { return depth_max_; }
  std::size_t memory_bytes() const;

 private:
  std::span<const Token> tokens(std::uint32_t first, std::uint32_t end) const {
    return {tokens_.data() + first, end - first};
  }
  void index_bytes();

  std::vector<TrieNode> nodes_;
  std::vector<Token> tokens_;
  std::vector<CharacterClass> below_, before_;
  std::array<std::vector<std::uint32_t>, 256> by_byte_;
  std::array<std::uint16_t, 256> run_max_before_{};
  std::vector<std::uint32_t> cut_characters_;
  std::shared_ptr<const RunSuffixes> after_quote_, after_backslash_, cut_suffixes_;
  std::uint32_t depth_max_ = 0;

  class Builder;
};

}  // namespace diptych::grammar
