#include "tokenizer/byte_pairs.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace diptych {
namespace {

using Pieces = std::vector<int>;

// The definition, in n²: look for the best pair, merge it, again.
Pieces merge_plainly(std::span<const BytePairMerge> by_rank, Pieces pieces) {
  for (bool merged = true; merged;) {
    merged = false;
    for (const BytePairMerge& merge : by_rank) {
      for (std::size_t i = 0; i + 1 < pieces.size() && !merged; ++i) {
        if (pieces[i] != merge.left || pieces[i + 1] != merge.right) continue;
        pieces[i] = merge.merged;
        pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(i) + 1);
        merged = true;
      }
      if (merged) break;
    }
  }
  return pieces;
}

TEST(BytePairMerges, MergesTheLowestRankFirstAndTheLeftmostAmongEquals) {
  // 0 = a, 1 = b, 2 = c, 3 = bc, 4 = ab, 5 = aa
  const BytePairMerge merges[] = {{1, 2, 3}, {0, 1, 4}, {0, 0, 5}};
  const BytePairMerges table(merges);
  struct Case {
    Pieces pieces, merged;
  };
  const Case cases[] = {
      {{}, {}},
      {{0}, {0}},
      {{0, 1, 2}, {0, 3}},
      {{0, 1, 1}, {4, 1}},
      {{0, 0, 0}, {5, 0}},
      {{2, 1, 0}, {2, 1, 0}},
  };
  for (const Case& c : cases) {
    Pieces pieces = c.pieces;
    table.apply(pieces);
    EXPECT_EQ(pieces, c.merged);
  }
}

TEST(BytePairMerges, AgreesWithTheDefinitionOnRandomWords) {
  // Every pair of the first three ids and of what they make, in a fixed order.
  std::vector<BytePairMerge> merges;
  for (int left = 0; left < 6; ++left) {
    for (int right = 0; right < 6; right += 1 + left % 2) {
      merges.push_back({left, right, 3 + static_cast<int>(merges.size())});
    }
  }
  const BytePairMerges table(merges);
  std::uint32_t state = 1;
  for (int round = 0; round < 300; ++round) {
    Pieces pieces;
    for (int i = 0; i < round % 23; ++i) {
      state = state * 1664525u + 1013904223u;
      pieces.push_back(static_cast<int>(state >> 24) % 3);
    }
    const Pieces expected = merge_plainly(merges, pieces);
    table.apply(pieces);
    EXPECT_EQ(pieces, expected) << "round " << round;
  }
}

TEST(BytePairMerges, TakesALongWord) {
  const BytePairMerge merges[] = {{0, 0, 1}, {1, 1, 2}};
  Pieces pieces(200'000, 0);
  BytePairMerges(merges).apply(pieces);
  EXPECT_EQ(pieces, Pieces(50'000, 2));
}

}  // namespace
}  // namespace diptych
