#pragma once
// A model's tokens as bytes, arranged for masks: a trie in depth-first order, and what is worth
// knowing of each token and subtree. Const after build; shared by all threads and grammars. 128,000
// tokens: about 150 ms to build.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace diptych::grammar {

using Token = std::int32_t;

class TokenTrie;  // mask/token_trie.h

struct TokenEntry {
  std::string bytes;     // may be empty; several tokens may have the same bytes
  bool special = false;  // a control token: never produced from text
};

struct VocabularySource {
  std::vector<TokenEntry> tokens;  // by id
  std::vector<Token> ends;  // tokens that end a text: allowed exactly where the grammar may end
};

class VocabularyIndex {
 public:
  virtual ~VocabularyIndex() = default;
  virtual int size() const = 0;
  virtual int mask_words() const = 0;                        // ceil(size / 32)
  virtual std::string_view bytes_of(Token token) const = 0;  // "" for special tokens
  virtual bool is_end(Token token) const = 0;
  virtual std::span<const Token> ends() const = 0;
  virtual std::uint32_t longest_token() const = 0;  // bytes
  virtual const TokenTrie& trie() const = 0;        // of the tokens that text may hold
  virtual std::size_t memory_bytes() const = 0;
  // Greedy longest-match cut of `bytes` into tokens: for forced text when no tokenizer is at hand.
  virtual std::vector<Token> cut(std::string_view bytes) const = 0;
  virtual const std::string& digest()
      const = 0;  // content hash, hex: names disk caches and shared masks
};

// kInvalidArgument: no tokens, an end out of range.
Result<std::shared_ptr<const VocabularyIndex>> make_vocabulary_index(VocabularySource source);

}  // namespace diptych::grammar
