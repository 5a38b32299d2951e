#include "text/llama/llama_vocabulary.h"

#include <llama.h>

#include <array>

namespace diptych {
namespace {

std::string piece_of(const llama_vocab* vocab, TokenId token, bool special) {
  std::array<char, 256> buffer;
  const int length = llama_token_to_piece(vocab, token, buffer.data(),
                                          static_cast<int>(buffer.size()), 0, special);
  if (length >= 0) return {buffer.data(), static_cast<std::size_t>(length)};
  std::string long_piece(static_cast<std::size_t>(-length), '\0');
  llama_token_to_piece(vocab, token, long_piece.data(), -length, 0, special);
  return long_piece;
}

bool has(llama_token_attr attributes, int wanted) {
  return (static_cast<int>(attributes) & wanted) != 0;
}

constexpr int kSpecial =
    LLAMA_TOKEN_ATTR_CONTROL | LLAMA_TOKEN_ATTR_UNKNOWN | LLAMA_TOKEN_ATTR_USER_DEFINED;
constexpr int kStrips = LLAMA_TOKEN_ATTR_LSTRIP | LLAMA_TOKEN_ATTR_RSTRIP;

}  // namespace

LlamaVocabulary::LlamaVocabulary(const llama_model* model) : vocab_(llama_model_get_vocab(model)) {
  const auto size = static_cast<std::size_t>(llama_vocab_n_tokens(vocab_));
  bytes_.reserve(size);
  names_.reserve(size);
  ends_.reserve(size);
  const auto type = llama_vocab_type(vocab_);
  const bool has_text = type != LLAMA_VOCAB_TYPE_NONE;
  fragments_are_independent_ = type == LLAMA_VOCAB_TYPE_BPE;
  std::vector<SpecialSplitter::Name> specials;
  for (std::size_t i = 0; i < size; ++i) {
    const auto token = static_cast<TokenId>(i);
    bytes_.push_back(has_text ? piece_of(vocab_, token, false) : std::string());
    names_.push_back(has_text ? piece_of(vocab_, token, true) : std::string());
    ends_.push_back(has_text && llama_vocab_is_eog(vocab_, token));
    if (!has_text || !has(llama_vocab_get_attr(vocab_, token), kSpecial)) continue;
    specials.push_back({llama_vocab_get_text(vocab_, token), token});
    if (has(llama_vocab_get_attr(vocab_, token), kStrips)) fragments_are_independent_ = false;
  }
  splitter_ = std::make_unique<SpecialSplitter>(std::move(specials));
}

std::vector<TokenId> LlamaVocabulary::tokenize(std::string_view text, SpecialTokens special,
                                               BosPolicy bos) const {
  std::vector<TokenId> tokens;
  if (bos == BosPolicy::kIfModelWants && llama_vocab_get_add_bos(vocab_))
    tokens.push_back(llama_vocab_bos(vocab_));
  if (special == SpecialTokens::kAsText || !fragments_are_independent_) {
    append(text, special == SpecialTokens::kParse, tokens);
    return tokens;
  }
  for (const SpecialSplitter::Fragment& fragment : splitter_->split(text)) {
    if (fragment.token >= 0) {
      tokens.push_back(fragment.token);
    } else if (const auto known = cache_.find(fragment.text)) {
      tokens.insert(tokens.end(), known->begin(), known->end());
    } else {
      const auto before = static_cast<std::ptrdiff_t>(tokens.size());
      append(fragment.text, false, tokens);
      cache_.add(fragment.text, {tokens.begin() + before, tokens.end()});
    }
  }
  return tokens;
}

void LlamaVocabulary::append(std::string_view text, bool parse_special,
                             std::vector<TokenId>& out) const {
  if (text.empty()) return;
  const std::size_t before = out.size();
  out.resize(before + text.size() + 2);
  const auto length = static_cast<int>(text.size());
  int count = llama_tokenize(vocab_, text.data(), length, out.data() + before,
                             static_cast<int>(out.size() - before), false, parse_special);
  if (count < 0) {  // more tokens than bytes: cannot happen for text, but the library allows it
    out.resize(before + static_cast<std::size_t>(-count));
    count = llama_tokenize(vocab_, text.data(), length, out.data() + before, -count, false,
                           parse_special);
  }
  out.resize(before + static_cast<std::size_t>(count < 0 ? 0 : count));
}

std::vector<TextRange> LlamaVocabulary::special_tokens_in(std::string_view text) const {
  std::vector<TextRange> found;
  std::size_t at = 0;
  for (const SpecialSplitter::Fragment& fragment : splitter_->split(text)) {
    if (fragment.token >= 0) found.push_back({at, at + fragment.text.size()});
    at += fragment.text.size();
  }
  return found;
}

TokenId LlamaVocabulary::eos() const { return llama_vocab_eos(vocab_); }

}  // namespace diptych
