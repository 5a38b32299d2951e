#include "grammar/text/code_point_set.h"

#include <algorithm>
#include <utility>

namespace diptych::grammar {
namespace {

constexpr char32_t kSurrogateFirst = 0xD800, kSurrogateLast = 0xDFFF;

void append_without_surrogates(std::vector<CodePointRange>& out, CodePointRange range) {
  if (range.first < kSurrogateFirst) {
    out.push_back({range.first, std::min<char32_t>(range.last, kSurrogateFirst - 1)});
  }
  if (range.last > kSurrogateLast) {
    out.push_back({std::max<char32_t>(range.first, kSurrogateLast + 1), range.last});
  }
}

}  // namespace

CodePointSet::CodePointSet(std::vector<CodePointRange> ranges) {
  std::ranges::sort(ranges, {}, &CodePointRange::first);
  std::vector<CodePointRange> merged;
  for (const CodePointRange& range : ranges) {
    if (range.first > range.last) continue;
    if (!merged.empty() && range.first <= merged.back().last + 1) {
      merged.back().last = std::max(merged.back().last, range.last);
    } else {
      merged.push_back(range);
    }
  }
  for (CodePointRange range : merged) {
    range.last = std::min(range.last, kCodePointMax);
    if (range.first <= range.last) append_without_surrogates(ranges_, range);
  }
}

CodePointSet CodePointSet::all() { return CodePointSet({{0, kCodePointMax}}); }

bool CodePointSet::contains(char32_t code_point) const {
  const auto after = std::ranges::upper_bound(ranges_, code_point, {}, &CodePointRange::first);
  return after != ranges_.begin() && std::prev(after)->last >= code_point;
}

bool CodePointSet::contains(const CodePointSet& other) const { return (*this & other) == other; }

std::uint64_t CodePointSet::size() const {
  std::uint64_t count = 0;
  for (const CodePointRange& range : ranges_) count += range.last - range.first + 1;
  return count;
}

CodePointSet CodePointSet::complement() const {
  std::vector<CodePointRange> gaps;
  char32_t next = 0;
  for (const CodePointRange& range : ranges_) {
    if (range.first > next) gaps.push_back({next, range.first - 1});
    next = range.last + 1;
  }
  if (next <= kCodePointMax) gaps.push_back({next, kCodePointMax});
  return CodePointSet(std::move(gaps));
}

CodePointSet operator|(const CodePointSet& a, const CodePointSet& b) {
  std::vector<CodePointRange> ranges = a.ranges_;
  ranges.insert(ranges.end(), b.ranges_.begin(), b.ranges_.end());
  return CodePointSet(std::move(ranges));
}

CodePointSet operator&(const CodePointSet& a, const CodePointSet& b) {
  CodePointSet common;
  auto left = a.ranges_.begin();
  auto right = b.ranges_.begin();
  while (left != a.ranges_.end() && right != b.ranges_.end()) {
    const char32_t first = std::max(left->first, right->first);
    const char32_t last = std::min(left->last, right->last);
    if (first <= last) common.ranges_.push_back({first, last});
    (left->last < right->last ? left : right)++;
  }
  return common;
}

}  // namespace diptych::grammar
