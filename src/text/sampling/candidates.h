#pragma once
// The tokens that may come next. Starts as the whole vocabulary in id order; samplers change
// logits, then cut the set. Reused from token to token: after the first use nothing here allocates.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "text/ids.h"

namespace diptych {

struct Candidate {
  TokenId token = 0;
  float logit = 0;
};

// Higher logit first, then the lower token id: the one order of this folder, so ties never depend
// on an algorithm.
inline bool better(const Candidate& a, const Candidate& b) {
  return a.logit > b.logit || (a.logit == b.logit && a.token < b.token);
}

class Candidates {
 public:
  void assign(std::span<const float> logits);  // copies; [vocabulary size]

  // While nothing is cut yet, logits by token id; afterwards empty.
  std::span<float> by_token() { return cut_ ? std::span<float>() : std::span<float>(dense_); }
  void scale(float factor);

  int size() const;
  float logit_max() const;             // -inf when all are NaN or -inf
  double mass(float reference) const;  // Σ exp(logit - reference)
  void keep_at_least(float logit);     // drops what is below, NaN too; keeps the order
  void keep_best(int count);           // afterwards best first
  std::span<Candidate> list();         // as a list, which may be reordered; cut it with truncate()
  void truncate(int count);            // of the list

  // The token at `u` in [0, 1) of the cumulated probability, in the order the candidates are in
  // now.
  TokenId draw(double u) const;

 private:
  bool cut_ = false;
  std::vector<float> dense_;     // by token id, while !cut_
  std::vector<Candidate> list_;  // once cut_
};

// The best `count` of a row of logits, best first; NaN never. One pass, for counts far below the
// row's size.
void select_best(std::span<const float> logits, int count, std::vector<Candidate>& out);

// Keeps the first candidates by `before` (a strict order) until they hold `mass` (of
// Candidates::mass(reference)), at least one. Sorts only as far as it must look: 64, then 256,
// 1024, … of them.
template <class Before>
void keep_mass(Candidates& candidates, float reference, double mass, Before before) {
  const std::span<Candidate> items = candidates.list();
  std::size_t kept = 0;
  double sum = 0;
  for (std::size_t sorted = 0, chunk = 64; sorted < items.size() && (kept == 0 || sum < mass);
       chunk *= 8) {
    const auto rest = items.subspan(sorted);
    const std::size_t count = std::min(chunk, rest.size());
    const auto end = rest.begin() + static_cast<std::ptrdiff_t>(count);
    if (count < rest.size()) std::nth_element(rest.begin(), end, rest.end(), before);
    std::sort(rest.begin(), end, before);
    sorted += count;
    for (; kept < sorted && (kept == 0 || sum < mass); ++kept)
      sum += std::exp(static_cast<double>(items[kept].logit - reference));
  }
  candidates.truncate(static_cast<int>(kept));
}

}  // namespace diptych
