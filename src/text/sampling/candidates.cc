#include "text/sampling/candidates.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "text/sampling/softmax.h"

namespace diptych {

void Candidates::assign(std::span<const float> logits) {
  cut_ = false;
  dense_.assign(logits.begin(), logits.end());
  list_.reserve(logits.size());
}

void Candidates::scale(float factor) {
  for (float& logit : by_token()) logit *= factor;
  if (cut_)
    for (Candidate& item : list_) item.logit *= factor;
}

int Candidates::size() const { return static_cast<int>(cut_ ? list_.size() : dense_.size()); }

float Candidates::logit_max() const {
  if (!cut_) return max_of(dense_);
  float best = -std::numeric_limits<float>::infinity();
  for (const Candidate& item : list_) best = item.logit > best ? item.logit : best;
  return best;
}

double Candidates::mass(float reference) const {
  if (!cut_) return exp_sum(dense_, reference);
  double sum = 0;
  for (const Candidate& item : list_) sum += std::exp(static_cast<double>(item.logit - reference));
  return sum;
}

void Candidates::keep_at_least(float logit) {
  if (cut_) {
    std::erase_if(list_, [logit](const Candidate& item) { return !(item.logit >= logit); });
    return;
  }
  list_.clear();
  for (std::size_t i = 0; i < dense_.size(); ++i)
    if (dense_[i] >= logit) list_.push_back({static_cast<TokenId>(i), dense_[i]});
  cut_ = true;
}

std::span<Candidate> Candidates::list() {
  if (!cut_) keep_at_least(-std::numeric_limits<float>::infinity());
  return list_;
}

void Candidates::truncate(int count) {
  list();
  if (count < size()) list_.resize(static_cast<std::size_t>(count));
}

void Candidates::keep_best(int count) {
  const auto wanted = static_cast<std::size_t>(count);
  if (!cut_ && wanted * 16 <= dense_.size()) {
    select_best(dense_, count, list_);
    cut_ = true;
    return;
  }
  const auto items = list();
  const auto end = items.begin() + static_cast<std::ptrdiff_t>(std::min(wanted, items.size()));
  if (end != items.end()) std::nth_element(items.begin(), end, items.end(), better);
  std::sort(items.begin(), end, better);
  truncate(count);
}

TokenId Candidates::draw(double u) const {
  const float reference = logit_max();
  double left = u * mass(reference);
  if (cut_) {
    for (const Candidate& item : list_)
      if ((left -= std::exp(static_cast<double>(item.logit - reference))) < 0) return item.token;
    return list_.back().token;  // rounding at u → 1
  }
  constexpr std::size_t kBlock =
      512;  // find the block first: only one block is walked token by token
  std::span<const float> rest(dense_);
  TokenId first = 0;
  while (rest.size() > kBlock) {
    const double block = exp_sum(rest.first(kBlock), reference);
    if (left < block) break;
    left -= block;
    rest = rest.subspan(kBlock);
    first += static_cast<TokenId>(kBlock);
  }
  TokenId last = -1;  // the last token with any probability in this block: rounding must not pick
                      // an impossible one
  for (std::size_t i = 0; i < rest.size() && i < kBlock; ++i) {
    const double weight = std::exp(static_cast<double>(rest[i] - reference));
    if (!(weight > 0)) continue;
    last = first + static_cast<TokenId>(i);
    if ((left -= weight) < 0) return last;
  }
  return last >= 0 ? last : argmax(dense_);
}

void select_best(std::span<const float> logits, int count, std::vector<Candidate>& out) {
  constexpr std::size_t kBlock =
      64;  // the block's maximum is one SIMD pass, and almost every block ends there
  out.clear();
  if (count <= 0) return;
  float worst = -std::numeric_limits<float>::infinity();
  const auto offer = [&](const Candidate& item) {  // a heap of the best so far, its worst on top
    if (out.size() == static_cast<std::size_t>(count)) {
      if (!(item.logit > worst)) return;  // ties: the earlier, lower id stays
      std::ranges::pop_heap(out, better);
      out.back() = item;
    } else {
      out.push_back(item);
    }
    std::ranges::push_heap(out, better);
    if (out.size() == static_cast<std::size_t>(count)) worst = out.front().logit;
  };
  for (std::size_t begin = 0; begin < logits.size(); begin += kBlock) {
    const auto block = logits.subspan(begin, std::min(kBlock, logits.size() - begin));
    if (out.size() == static_cast<std::size_t>(count) && !(max_of(block) > worst)) continue;
    for (std::size_t i = 0; i < block.size(); ++i)
      if (!std::isnan(block[i])) offer({static_cast<TokenId>(begin + i), block[i]});
  }
  std::ranges::sort_heap(out, better);
}

}  // namespace diptych
