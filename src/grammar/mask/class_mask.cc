#include "grammar/mask/class_mask.h"

#include <vector>

#include "grammar/text/content_hash.h"

namespace diptych::grammar {

MaskKey key_of_class(const PlainRun& run) {
  const auto half = [&run](std::uint64_t seed) {
    ContentHash hash(seed);
    hash.add(run.ascii[0]);
    hash.add(run.ascii[1]);
    hash.add(std::uint64_t{run.code_points_max} << 1U | std::uint64_t{run.multibyte});
    return hash.value();
  };
  return {.high = half(0xC1A5'50FA'11C4'A2AC), .low = half(0x7E55'7E57'0C7E'2357)};
}

SharedMask make_class_mask(const TokenTrie& trie, const PlainRun& run, int words) {
  std::vector<std::uint32_t> row(static_cast<std::size_t>(words));
  for (std::uint32_t i = 0; i < trie.node_count();) {
    const TrieNode& node = trie.node(i);
    const std::uint32_t characters = trie.characters_to(i);
    const bool inside = node.byte < 0x80 ? has_byte(run, node.byte) : run.multibyte;
    if (!inside || characters > run.code_points_max) {
      i = node.end;
      continue;
    }
    PlainRun rest = run;
    rest.code_points_max -= characters;
    if (node.boundary && trie.below(i).within(rest)) {
      for (const Token token : trie.subtree_tokens(i)) set_bit(row, token);
      i = node.end;
      continue;
    }
    if (node.boundary) {
      for (const Token token : trie.own_tokens(i)) set_bit(row, token);
    }
    ++i;
  }
  return TokenMask::of(row);
}

}  // namespace diptych::grammar
