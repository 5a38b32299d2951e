#pragma once
// The `logprobs` object of /v1/completions: {tokens[], token_logprobs[], top_logprobs[{token:
// logprob}], text_offset[]}.

#include <span>
#include <string>

#include "text/generation.h"
#include "text/vocabulary.h"

namespace diptych::openai {

// Collects tokens and writes them; text_offset counts characters from the beginning of the choice's
// text.
class TextLogprobs {
 public:
  explicit TextLogprobs(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}

  void add(std::span<const TokenLogprob> tokens);
  double sum() const { return sum_; }  // of the tokens added, without those that have none
  int count() const { return count_; }
  bool empty() const { return tokens_.empty(); }  // nothing since the last take()
  std::string take();                             // the object of everything since the last take()

 private:
  void add_top(const TokenLogprob& token);

  const Vocabulary& vocabulary_;
  std::string tokens_, logprobs_, tops_, offsets_;  // array items
  std::size_t offset_ = 0;                          // characters
  double sum_ = 0;
  int count_ = 0;
};

}  // namespace diptych::openai
