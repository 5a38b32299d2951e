#pragma once
// Tokens in, text out, for one choice. Holds back what is not certain yet: the bytes of an
// unfinished UTF-8 character and whatever could be the beginning of a stop string.
// Log-probabilities leave together with the text of their token.

#include <optional>
#include <string>
#include <vector>

#include "text/generation.h"
#include "text/scheduler/stop_matcher.h"
#include "text/vocabulary.h"

namespace diptych {

class TextAssembler {
 public:
  TextAssembler(const Vocabulary& vocabulary, const GenerationRequest& request);

  enum class Stops { kIgnore, kMatch };  // kIgnore: before token_count_min
  // Appends what is certain to `out`. True: a stop string ended the text (out.stop_matched);
  // nothing may follow.
  bool push(TokenId token, std::optional<TokenLogprob> logprob, Stops stops, Delta& out);
  void finish(
      Delta& out);  // the end: gives out what was held back; an unfinished character becomes U+FFFD

 private:
  struct HeldLogprob {
    TokenLogprob logprob;
    std::size_t begin, end;  // of the token's bytes in the whole answer
  };
  void release(std::size_t byte_count, Delta& out);
  void release_logprobs(Delta& out);

  const Vocabulary& vocabulary_;
  const bool keep_special_, include_stop_;
  StopMatcher stops_;
  std::string held_;          // bytes not given out yet
  std::size_t released_ = 0;  // bytes given out
  std::vector<HeldLogprob> logprobs_;
};

}  // namespace diptych
