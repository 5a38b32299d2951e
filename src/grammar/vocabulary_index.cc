#include "grammar/vocabulary_index.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/hash.h"
#include "grammar/mask/token_trie.h"

namespace diptych::grammar {

namespace {

std::string digest_of(const VocabularySource& source) {
  Sha256Stream hash;
  const auto add = [&hash](const void* from, std::size_t size) {
    hash.update({static_cast<const std::byte*>(from), size});
  };
  std::string packed;  // few long updates are much faster than two short ones a token
  for (const TokenEntry& entry : source.tokens) {
    const auto size = static_cast<std::uint32_t>(entry.bytes.size());
    const std::uint32_t header = size << 1U | std::uint32_t{entry.special};
    for (unsigned shift = 0; shift < 32; shift += 8) {
      packed += static_cast<char>(header >> shift & 0xFFU);
    }
    packed += entry.bytes;
  }
  add(packed.data(), packed.size());
  for (const Token end : source.ends) add(&end, sizeof end);
  return to_hex(hash.finish());
}

class IndexedVocabulary final : public VocabularyIndex {
 public:
  explicit IndexedVocabulary(VocabularySource source)
      : digest_(digest_of(source)), ends_(std::move(source.ends)), trie_(read(source)) {
    trie_.index_runs();
  }

  int size() const override { return static_cast<int>(starts_.size()) - 1; }
  int mask_words() const override { return (size() + 31) / 32; }
  std::string_view bytes_of(Token token) const override {
    if (token < 0 || token >= size()) return {};
    const auto i = static_cast<std::size_t>(token);
    return std::string_view(bytes_).substr(starts_[i], starts_[i + 1] - starts_[i]);
  }
  bool is_end(Token token) const override { return std::ranges::find(ends_, token) != ends_.end(); }
  std::span<const Token> ends() const override { return ends_; }
  std::uint32_t longest_token() const override { return trie_.depth_max(); }
  const TokenTrie& trie() const override { return trie_; }
  std::size_t memory_bytes() const override {
    return bytes_.capacity() + starts_.capacity() * sizeof(std::uint32_t) + trie_.memory_bytes();
  }
  std::vector<Token> cut(std::string_view bytes) const override;
  const std::string& digest() const override { return digest_; }

 private:
  // Fills bytes_ and starts_; the trie's entries point into bytes_.
  std::vector<TokenTrie::Entry> read(const VocabularySource& source) {
    std::vector<bool> in_text(source.tokens.size(), true);
    for (const Token end : ends_) in_text[static_cast<std::size_t>(end)] = false;
    for (std::size_t i = 0; i < source.tokens.size(); ++i) {
      starts_.push_back(static_cast<std::uint32_t>(bytes_.size()));
      in_text[i] = in_text[i] && !source.tokens[i].special && !source.tokens[i].bytes.empty();
      if (in_text[i]) bytes_ += source.tokens[i].bytes;
    }
    starts_.push_back(static_cast<std::uint32_t>(bytes_.size()));
    std::vector<TokenTrie::Entry> entries;
    for (std::size_t i = 0; i < source.tokens.size(); ++i) {
      const auto token = static_cast<Token>(i);
      if (in_text[i]) entries.push_back({.bytes = bytes_of(token), .token = token});
    }
    return entries;
  }

  std::string digest_;
  std::vector<Token> ends_;
  std::string bytes_;                  // of all tokens, in id order
  std::vector<std::uint32_t> starts_;  // one more than tokens
  TokenTrie trie_;
};

std::vector<Token> IndexedVocabulary::cut(std::string_view bytes) const {
  std::vector<Token> tokens;
  while (!bytes.empty()) {
    std::uint32_t node = TokenTrie::kRoot;
    std::size_t length = 0;
    Token longest = -1;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      node = trie_.child(node, static_cast<std::uint8_t>(bytes[i]));
      if (node == trie_.node_count()) break;
      if (const auto own = trie_.own_tokens(node); !own.empty()) {
        longest = own.front();
        length = i + 1;
      }
    }
    if (longest < 0) break;  // a byte that no token begins with
    tokens.push_back(longest);
    bytes.remove_prefix(length);
  }
  return tokens;
}

}  // namespace

Result<std::shared_ptr<const VocabularyIndex>> make_vocabulary_index(VocabularySource source) {
  constexpr std::size_t kBytesMax = 0xffff;  // of one token: depths are 16 bits
  if (source.tokens.empty()) {
    return fail(ErrorCode::kInvalidArgument, "the vocabulary has no tokens", "tokens");
  }
  for (const Token end : source.ends) {
    if (end < 0 || static_cast<std::size_t>(end) >= source.tokens.size()) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the end token {} is outside the vocabulary of {} tokens", end,
                              source.tokens.size()),
                  "ends");
    }
  }
  const auto longest = std::ranges::max_element(
      source.tokens, {}, [](const TokenEntry& entry) { return entry.bytes.size(); });
  if (longest->bytes.size() > kBytesMax) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("a token has {} bytes, at most {}", longest->bytes.size(), kBytesMax),
                "tokens");
  }
  return std::make_shared<const IndexedVocabulary>(std::move(source));
}

}  // namespace diptych::grammar
