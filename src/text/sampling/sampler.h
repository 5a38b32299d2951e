#pragma once
// A token sampler is one row: when it is wanted and what it does to the candidates. Stateless:
// everything it may look at is in the context, so a redone step gives the same token.

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "text/generation.h"
#include "text/ids.h"
#include "text/sampling/candidates.h"

namespace diptych {

// "Was this token met already?" in O(1), cleared in O(1).
class TokenMarks {
 public:
  void start(int vocabulary_size) {
    marks_.resize(static_cast<std::size_t>(vocabulary_size));
    if (++round_ == 0) {
      marks_.assign(marks_.size(), 0);
      round_ = 1;
    }
  }
  bool first_time(TokenId token) {
    std::uint32_t& mark = marks_[static_cast<std::size_t>(token)];
    return std::exchange(mark, round_) != round_;
  }

 private:
  std::vector<std::uint32_t> marks_;
  std::uint32_t round_ = 0;
};

struct SampleContext {
  const SamplingOptions& options;
  std::span<const TokenId> tokens;  // prompt, then the answer so far
  int prompt_count = 0;
  std::span<const TokenId> banned;  // must not come now (end tokens before token_count_min)
  // Bit t of word t / 32: token t may come now. Empty: any may.
  std::span<const std::uint32_t> allowed;
  TokenMarks& marks;

  std::span<const TokenId> answer() const {
    return tokens.subspan(static_cast<std::size_t>(prompt_count));
  }
};

enum class SamplerKind {
  kReweigh,  // changes which token is best: also applied when greedy. Sees the whole vocabulary
  kCut,      // temperature and what narrows the choice: skipped when greedy
};

struct TokenSampler {
  std::string_view name, doc;
  SamplerKind kind;
  bool (*wanted)(const SampleContext&);
  void (*apply)(Candidates&, const SampleContext&);
};

}  // namespace diptych
