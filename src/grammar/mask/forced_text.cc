#include "grammar/mask/forced_text.h"

#include "grammar/mask/token_trie.h"

namespace diptych::grammar {

namespace {

constexpr std::size_t kForcedBytesMax = 4096;  // of one answer; the rest is found after accepting

std::uint8_t only_byte(const ByteSet& allowed) {
  std::uint8_t byte = 0;
  while (!allowed[byte]) ++byte;
  return byte;
}

// Some token is longer than `rest` and begins with it.
bool can_be_spanned(const TokenTrie& trie, std::string_view rest) {
  std::uint32_t node = TokenTrie::kRoot;
  for (const char byte : rest) {
    node = trie.child(node, static_cast<std::uint8_t>(byte));
    if (node == trie.node_count()) return false;
  }
  return trie.node(node).end > node + 1;
}

}  // namespace

ForcedText forced_text(Machine& machine, const MachineState& from) {
  ForcedText text;
  MachineState state = from;
  while (text.bytes.size() < kForcedBytesMax) {
    const ByteSet allowed = machine.allowed_bytes(state);
    if (allowed.none()) {
      text.ends = true;
      break;
    }
    if (allowed.count() != 1 || machine.may_end(state)) break;
    const std::uint8_t byte = only_byte(allowed);
    MachineState to;
    if (!machine.next(state, byte, to)) break;
    state = to;
    text.bytes += static_cast<char>(byte);
  }
  return text;
}

std::vector<Token> forced_tokens(const VocabularyIndex& vocabulary, const ForcedText& text) {
  std::vector<Token> tokens = vocabulary.cut(text.bytes);
  if (text.ends) return tokens;
  std::string_view rest = text.bytes;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (can_be_spanned(vocabulary.trie(), rest)) {
      tokens.resize(i);
      break;
    }
    rest.remove_prefix(vocabulary.bytes_of(tokens[i]).size());
  }
  return tokens;
}

}  // namespace diptych::grammar
