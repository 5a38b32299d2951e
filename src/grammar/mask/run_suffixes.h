#pragma once
// Tokens that leave a plain run, by what follows the run: after a loop all tokens that go on alike
// need one walk.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "grammar/mask/token_trie.h"

namespace diptych::grammar {

class RunSuffixes {
 public:
  struct Member {
    CharacterClass before;
    Token token = 0;
  };
  struct Group {            // tokens with one and the same suffix
    CharacterClass before;  // of all of them
    std::vector<Member> members;
  };

  // Of the tokens below those nodes: what begins with the node's byte. Of cut characters, only the
  // tokens that end inside that character.
  static RunSuffixes of_exits(const TokenTrie& trie, std::uint8_t byte);
  static RunSuffixes of_cut_characters(const TokenTrie& trie);

  const TokenTrie& trie() const { return trie_; }  // own_tokens(): indexes of groups
  const Group& group(Token index) const { return groups_[static_cast<std::size_t>(index)]; }
  std::size_t memory_bytes() const;

 private:
  class Collector;
  RunSuffixes(TokenTrie trie, std::vector<Group> groups)
      : trie_(std::move(trie)), groups_(std::move(groups)) {}
  TokenTrie trie_;
  std::vector<Group> groups_;
};

}  // namespace diptych::grammar
