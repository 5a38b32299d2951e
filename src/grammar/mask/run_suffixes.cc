#include "grammar/mask/run_suffixes.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace diptych::grammar {

class RunSuffixes::Collector {
 public:
  explicit Collector(const TokenTrie& trie) : trie_(trie) {}

  // `inside_character`: not beyond the character that begins at the node.
  void add(std::uint32_t first, bool inside_character) {
    std::string suffix;
    const std::size_t depth = trie_.node(first).depth;
    for (std::uint32_t i = first; i < trie_.node(first).end;) {
      const TrieNode& node = trie_.node(i);
      if (inside_character && node.boundary) {
        i = node.end;
        continue;
      }
      suffix.resize(node.depth - depth);
      suffix += static_cast<char>(node.byte);
      for (const Token token : trie_.own_tokens(i)) add(suffix, first, token);
      ++i;
    }
  }

  RunSuffixes finish() {
    std::vector<TokenTrie::Entry> entries;
    std::vector<Group> groups;
    for (auto& [suffix, group] : groups_) {
      entries.push_back({.bytes = suffix, .token = static_cast<Token>(groups.size())});
      groups.push_back(std::move(group));
    }
    return {TokenTrie(std::move(entries)), std::move(groups)};
  }

 private:
  void add(const std::string& suffix, std::uint32_t node, Token token) {
    const CharacterClass& before = trie_.before(node);
    Group& group = groups_[suffix];
    group.members.push_back({.before = before, .token = token});
    group.before.ascii[0] |= before.ascii[0];
    group.before.ascii[1] |= before.ascii[1];
    group.before.multibyte |= before.multibyte;
    group.before.whole &= before.whole;
    group.before.code_points = std::max(group.before.code_points, before.code_points);
  }

  const TokenTrie& trie_;
  std::map<std::string, Group> groups_;
};

RunSuffixes RunSuffixes::of_exits(const TokenTrie& trie, std::uint8_t byte) {
  Collector collector(trie);
  for (const std::uint32_t node : trie.first_nodes_of(byte)) collector.add(node, false);
  return collector.finish();
}

RunSuffixes RunSuffixes::of_cut_characters(const TokenTrie& trie) {
  Collector collector(trie);
  for (const std::uint32_t node : trie.cut_characters()) collector.add(node, true);
  return collector.finish();
}

std::size_t RunSuffixes::memory_bytes() const {
  std::size_t bytes = trie_.memory_bytes() + groups_.capacity() * sizeof(Group);
  for (const Group& group : groups_) bytes += group.members.capacity() * sizeof(Member);
  return bytes;
}

}  // namespace diptych::grammar
