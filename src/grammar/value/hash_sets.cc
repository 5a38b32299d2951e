#include "grammar/value/hash_sets.h"

#include <algorithm>

namespace diptych::grammar {

HashSets::HashSets() : sets_(1) {}

bool HashSets::contains(HashSetId set, std::uint64_t hash) const {
  for (; set != 0; set = sets_[set].others) {
    const auto begin = runs_.begin() + sets_[set].run_begin;
    if (std::binary_search(begin, begin + sets_[set].run_size, hash)) return true;
  }
  return false;
}

HashSetId HashSets::insert(HashSetId set, std::uint64_t hash) {
  auto& known = inserted_[hash];
  for (const auto& [from, to] : known) {
    if (from == set) return to;
  }
  std::vector<std::uint64_t> run = {hash};
  HashSetId rest = set;
  while (rest != 0 && sets_[rest].run_size == run.size()) {
    const auto begin = runs_.begin() + sets_[rest].run_begin;
    std::vector<std::uint64_t> merged;
    std::merge(run.begin(), run.end(), begin, begin + sets_[rest].run_size,
               std::back_inserter(merged));
    run = std::move(merged);
    rest = sets_[rest].others;
  }
  sets_.push_back({.run_begin = static_cast<std::uint32_t>(runs_.size()),
                   .run_size = static_cast<std::uint32_t>(run.size()),
                   .others = rest,
                   .size = sets_[set].size + 1,
                   .content = sets_[set].content + hash});
  runs_.insert(runs_.end(), run.begin(), run.end());
  known.emplace_back(set, static_cast<HashSetId>(sets_.size() - 1));
  return known.back().second;
}

std::vector<std::uint64_t> HashSets::elements(HashSetId set) const {
  std::vector<std::uint64_t> found;
  for (; set != 0; set = sets_[set].others) {
    const auto begin = runs_.begin() + sets_[set].run_begin;
    found.insert(found.end(), begin, begin + sets_[set].run_size);
  }
  return found;
}

std::size_t HashSets::memory_bytes() const {
  return sets_.capacity() * sizeof(Set) + runs_.capacity() * sizeof(std::uint64_t) +
         sets_.size() * 96;  // the table of insertions
}

}  // namespace diptych::grammar
