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

}  // namespace

LlamaVocabulary::LlamaVocabulary(const llama_model* model) : vocab_(llama_model_get_vocab(model)) {
  const auto size = static_cast<std::size_t>(llama_vocab_n_tokens(vocab_));
  bytes_.reserve(size);
  names_.reserve(size);
  ends_.reserve(size);
  const bool has_text = llama_vocab_type(vocab_) != LLAMA_VOCAB_TYPE_NONE;
  for (std::size_t i = 0; i < size; ++i) {
    const auto token = static_cast<TokenId>(i);
    bytes_.push_back(has_text ? piece_of(vocab_, token, false) : std::string());
    names_.push_back(has_text ? piece_of(vocab_, token, true) : std::string());
    ends_.push_back(has_text && llama_vocab_is_eog(vocab_, token));
  }
}

std::vector<TokenId> LlamaVocabulary::tokenize(std::string_view text, SpecialTokens special,
                                               BosPolicy bos) const {
  const bool parse = special == SpecialTokens::kParse;
  const auto length = static_cast<int>(text.size());
  std::vector<TokenId> tokens;
  if (bos == BosPolicy::kIfModelWants && llama_vocab_get_add_bos(vocab_))
    tokens.push_back(llama_vocab_bos(vocab_));
  if (text.empty()) return tokens;
  const std::size_t before = tokens.size();
  tokens.resize(before + text.size() + 2);
  int count = llama_tokenize(vocab_, text.data(), length, tokens.data() + before,
                             static_cast<int>(tokens.size() - before), false, parse);
  if (count < 0) {  // more tokens than bytes: cannot happen for text, but the library allows it
    tokens.resize(before + static_cast<std::size_t>(-count));
    count =
        llama_tokenize(vocab_, text.data(), length, tokens.data() + before, -count, false, parse);
  }
  tokens.resize(before + static_cast<std::size_t>(count < 0 ? 0 : count));
  return tokens;
}

TokenId LlamaVocabulary::eos() const { return llama_vocab_eos(vocab_); }

}  // namespace diptych
