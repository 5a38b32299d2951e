#include "image/prompt/embedding_table.h"

#include <algorithm>
#include <utility>

namespace diptych {

EmbeddingTable::EmbeddingTable(std::vector<EmbeddingName> names, const Tokenize& tokenize)
    : names_(std::move(names)) {
  for (std::size_t i = 0; i < names_.size(); ++i) {
    std::vector<int> tokens = tokenize(names_[i].name);
    if (tokens.empty()) continue;
    const int first = tokens.front();
    by_first_token_[first].push_back({std::move(tokens), static_cast<int>(i)});
  }
  for (auto& [first, entries] : by_first_token_) {
    std::ranges::stable_sort(entries, std::greater{},
                             [](const Entry& entry) { return entry.tokens.size(); });
  }
}

EmbeddingTable::Match EmbeddingTable::find_at_front(std::span<const int> tokens) const {
  if (tokens.empty()) return {};
  const auto found = by_first_token_.find(tokens.front());
  if (found == by_first_token_.end()) return {};
  for (const Entry& entry : found->second) {
    const std::size_t count = entry.tokens.size();
    if (count <= tokens.size() && std::ranges::equal(entry.tokens, tokens.first(count))) {
      return {entry.index, count};
    }
  }
  return {};
}

}  // namespace diptych
