#include "grammar/text/literal_sets.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "grammar/text/content_hash.h"

namespace diptych::grammar {
namespace {

std::vector<std::uint64_t> hash_suffixes(const std::u32string& string) {
  std::vector<std::uint64_t> hashes(string.size() + 1);
  hashes[string.size()] = ContentHash().value();
  for (std::size_t depth = string.size(); depth-- > 0;) {
    ContentHash hash(hashes[depth + 1]);
    hash.add(string[depth]);
    hashes[depth] = hash.value();
  }
  return hashes;
}

// The code point at `depth`, plus one; 0 at the end: shorter strings sort first.
std::uint32_t rank_at(const std::u32string& string, std::uint32_t depth) {
  return depth < string.size() ? std::uint32_t{string[depth]} + 1 : 0;
}

}  // namespace

LiteralRange LiteralSets::add(std::vector<std::u32string> strings) {
  std::ranges::sort(strings);
  const auto repeats = std::ranges::unique(strings);
  strings.erase(repeats.begin(), repeats.end());
  List list;
  for (const std::u32string& string : strings) {
    list.suffix_hashes.push_back(hash_suffixes(string));
    memory_bytes_ += 80 + string.size() * 12;
  }
  const auto count = static_cast<std::uint32_t>(strings.size());
  list.strings = std::move(strings);
  lists_.push_back(std::move(list));
  return {static_cast<std::uint32_t>(lists_.size() - 1), 0, count, 0};
}

LiteralRange LiteralSets::next(const LiteralRange& range, char32_t code_point) const {
  const auto& strings = lists_[range.list].strings;
  const auto [low, high] = std::equal_range(
      strings.begin() + range.first, strings.begin() + range.last, std::uint32_t{code_point} + 1,
      [depth = range.depth]<class A, class B>(const A& a, const B& b) {
        if constexpr (std::is_integral_v<A>) {
          return a < rank_at(b, depth);
        } else {
          return rank_at(a, depth) < b;
        }
      });
  return {range.list, static_cast<std::uint32_t>(low - strings.begin()),
          static_cast<std::uint32_t>(high - strings.begin()), range.depth + 1};
}

bool LiteralSets::accepts_end(const LiteralRange& range) const {
  return range.first < range.last && lists_[range.list].strings[range.first].size() == range.depth;
}

std::vector<char32_t> LiteralSets::first_code_points(const LiteralRange& range) const {
  std::vector<char32_t> found;
  for (std::uint32_t i = range.first; i < range.last; ++i) {
    const std::u32string& string = lists_[range.list].strings[i];
    if (string.size() == range.depth) continue;
    if (found.empty() || found.back() != string[range.depth]) found.push_back(string[range.depth]);
  }
  return found;
}

LiteralSets::Lengths LiteralSets::lengths(const LiteralRange& range) const {
  Lengths lengths{std::numeric_limits<std::uint32_t>::max(), 0};
  for (std::uint32_t i = range.first; i < range.last; ++i) {
    const auto length =
        static_cast<std::uint32_t>(lists_[range.list].strings[i].size()) - range.depth;
    lengths.min = std::min(lengths.min, length);
    lengths.max = std::max(lengths.max, length);
  }
  return lengths;
}

std::uint64_t LiteralSets::hash(const LiteralRange& range) const {
  ContentHash hash;
  for (std::uint32_t i = range.first; i < range.last; ++i) {
    hash.add(lists_[range.list].suffix_hashes[i][range.depth]);
  }
  return hash.value();
}

}  // namespace diptych::grammar
