#include "base/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>

namespace diptych {
namespace {

struct KnownAnswer {
  std::array<std::uint32_t, 4> counter;
  std::array<std::uint32_t, 2> key;
  std::array<std::uint32_t, 4> output;
};

// Random123 1.14, tests/kat_vectors, philox4x32 with 10 rounds.
TEST(Philox, GivesThePublishedKnownAnswers) {
  constexpr std::uint32_t kOnes = 0xFFFFFFFF;
  const KnownAnswer answers[] = {
      {{0, 0, 0, 0}, {0, 0}, {0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8}},
      {{kOnes, kOnes, kOnes, kOnes},
       {kOnes, kOnes},
       {0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD}},
      {{0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344},
       {0xA4093822, 0x299F31D0},
       {0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1}},
  };
  for (const KnownAnswer& answer : answers) {
    EXPECT_EQ(philox4x32(answer.counter, answer.key), answer.output);
  }
}

TEST(UniformAt, DependsOnSeedChoiceAndPositionOnly) {
  EXPECT_EQ(uniform_at(7, 1, 42), uniform_at(7, 1, 42));
  EXPECT_NE(uniform_at(7, 1, 42), uniform_at(8, 1, 42));
  EXPECT_NE(uniform_at(7, 1, 42), uniform_at(7, 2, 42));
  EXPECT_NE(uniform_at(7, 1, 42), uniform_at(7, 1, 43));
  EXPECT_NE(uniform_at(7, 1, 42), uniform_at(7, 1, 42 + (1ULL << 32)));
  EXPECT_NE(uniform_at(7, 1, 42), uniform_at(7 + (1ULL << 32), 1, 42));
}

TEST(UniformAt, FillsTheUnitIntervalEvenly) {
  constexpr int kDraws = 100'000;
  std::array<int, 10> counts{};
  for (std::uint64_t position = 0; position < kDraws; ++position) {
    const double draw = uniform_at(1, 0, position);
    ASSERT_GE(draw, 0.0);
    ASSERT_LT(draw, 1.0);
    ++counts[static_cast<std::size_t>(draw * 10)];
  }
  for (const int count : counts) EXPECT_NEAR(count, kDraws / 10, 500);  // 5 standard deviations
}

TEST(RandomId, HasThePrefixAndTwentyFourUniqueCharacters) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = random_id("resp_");
    ASSERT_EQ(id.size(), 29U);
    ASSERT_TRUE(id.starts_with("resp_"));
    ASSERT_TRUE(std::all_of(id.begin() + 5, id.end(),
                            [](char c) { return std::isalnum(static_cast<unsigned char>(c)); }));
    ASSERT_TRUE(seen.insert(id).second);
  }
}

TEST(Entropy, DoesNotRepeat) { EXPECT_NE(entropy64(), entropy64()); }

}  // namespace
}  // namespace diptych
