#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "text/llama/fragment_cache.h"
#include "text/llama/special_splitter.h"
#include "text/vocabulary.h"

struct llama_model;
struct llama_vocab;

namespace diptych {

class LlamaVocabulary final : public Vocabulary {
 public:
  explicit LlamaVocabulary(const llama_model* model);  // the model outlives it
  int size() const override { return static_cast<int>(bytes_.size()); }
  std::vector<TokenId> tokenize(std::string_view text, SpecialTokens special,
                                BosPolicy bos) const override;
  std::vector<TextRange> special_tokens_in(std::string_view text) const override;
  const std::string& bytes_of(TokenId token) const override {
    return bytes_.at(static_cast<std::size_t>(token));
  }
  const std::string& name_of(TokenId token) const override {
    return names_.at(static_cast<std::size_t>(token));
  }
  bool ends_generation(TokenId token) const override {
    return ends_.at(static_cast<std::size_t>(token));
  }
  TokenId eos() const override;

 private:
  void append(std::string_view text, bool parse_special, std::vector<TokenId>& out) const;

  const llama_vocab* vocab_;
  std::vector<std::string> bytes_, names_;
  std::vector<bool> ends_;
  std::unique_ptr<SpecialSplitter> splitter_;
  bool fragments_are_independent_ = false;  // text between special tokens is tokenised by itself
  mutable FragmentCache cache_;
};

}  // namespace diptych
