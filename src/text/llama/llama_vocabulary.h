#pragma once
#include <string>
#include <string_view>
#include <vector>

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
  const llama_vocab* vocab_;
  std::vector<std::string> bytes_, names_;
  std::vector<bool> ends_;
};

}  // namespace diptych
