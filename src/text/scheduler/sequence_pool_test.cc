#include "text/scheduler/sequence_pool.h"

#include <gtest/gtest.h>

#include <set>

#include "base/rng.h"
#include "text/engine_script.h"
#include "text/scheduler/scheduler_bench.h"

namespace diptych {
namespace {

class PoolTest : public testing::Test {
 protected:
  SequenceId hold(std::string_view text, std::string_view salt = "") {
    const auto tokens = tokens_of(text);
    const auto placement = pool.place(salt, tokens, PrefixReuse::kYes);
    EXPECT_TRUE(placement);
    compute(*placement, tokens);
    return placement->sequence;
  }
  void compute(SequencePool::Placement placement, std::span<const TokenId> tokens) {
    std::vector<BatchToken> batch;
    for (int i = placement.reused; i < static_cast<int>(tokens.size()); ++i)
      batch.push_back({tokens[static_cast<std::size_t>(i)], placement.sequence, i});
    EXPECT_TRUE(engine.step(batch, {}));
    pool.append(placement.sequence, tokens.subspan(static_cast<std::size_t>(placement.reused)));
  }
  ScriptEngine engine{
      {.limits = {
           .sequence_count = 3, .context_length = 64, .cell_count = 100, .step_token_count = 64}}};
  SequencePool pool{engine, -1};
};

TEST_F(PoolTest, ReusesTheLongestPrefixButNotTheLastToken) {
  pool.release(hold("the quick brown fox"));
  EXPECT_EQ(pool.prefix_of("", tokens_of("the quick red")), 10);
  EXPECT_EQ(pool.prefix_of("", tokens_of("the quick")), 8) << "one token is always computed";
  EXPECT_EQ(pool.prefix_of("", tokens_of("a quick red")), 0);
}

TEST_F(PoolTest, ForksAPartAndContinuesAWhole) {
  const SequenceId kept = hold("the quick brown fox");
  pool.release(kept);
  const auto part = pool.place("", tokens_of("the quick red"), PrefixReuse::kYes);
  EXPECT_NE(part->sequence, kept);
  EXPECT_EQ(part->reused, 10);
  EXPECT_EQ(pool.cells().used(), 19) << "shared positions count once";
  const auto whole = pool.place("", tokens_of("the quick brown fox jumps"), PrefixReuse::kYes);
  EXPECT_EQ(whole->sequence, kept) << "in place";
  EXPECT_EQ(whole->reused, 19);
  EXPECT_EQ(engine.cells_used(), 19);
}

TEST_F(PoolTest, PrefixesStayInsideTheirSalt) {
  pool.release(hold("secret prompt", "alice"));
  EXPECT_EQ(pool.prefix_of("bob", tokens_of("secret prompt!")), 0);
  EXPECT_EQ(pool.prefix_of("alice", tokens_of("secret prompt!")), 13);
}

TEST_F(PoolTest, AskingForNoReuseGivesNone) {
  pool.release(hold("abcdef"));
  EXPECT_EQ(pool.place("", tokens_of("abcdef"), PrefixReuse::kNo)->reused, 0);
}

TEST_F(PoolTest, EvictsTheLeastRecentlyUsedWhenSequencesRunOut) {
  for (const char* text : {"one", "two", "six"}) pool.release(hold(text));
  pool.release(hold("one more"));  // continues "one" in place
  hold("xyz");
  hold("uvw");
  EXPECT_EQ(pool.prefix_of("", tokens_of("two!")), 0);
  EXPECT_EQ(pool.prefix_of("", tokens_of("six!")), 0);
  EXPECT_EQ(pool.prefix_of("", tokens_of("one more!")), 8);
  EXPECT_EQ(pool.eviction_count(), 2);
}

TEST_F(PoolTest, AllLiveMeansNoPlace) {
  for (const char* text : {"one", "two", "six"}) hold(text);
  EXPECT_EQ(pool.place("", tokens_of("ten"), PrefixReuse::kYes), std::nullopt);
  EXPECT_FALSE(pool.evict_one());
}

TEST_F(PoolTest, MakesRoomFromKeptPrefixesOnly) {
  pool.release(hold(std::string(40, 'a')));
  hold(std::string(40, 'b'));
  EXPECT_EQ(pool.cells().cached(), 40);
  EXPECT_EQ(pool.room(), 60);
  EXPECT_TRUE(pool.make_room(60));
  EXPECT_FALSE(pool.make_room(61));
  EXPECT_EQ(engine.cells_used(), 40);
}

TEST(SequencePool, KeepsCachedCellsWithinTheirBudget) {
  ScriptEngine engine({});
  SequencePool pool(engine, 25);
  for (char c = 'a'; c < 'g'; ++c) {
    const std::vector<TokenId> tokens(10, c);
    const auto placement = pool.place("", tokens, PrefixReuse::kYes);
    std::vector<BatchToken> batch;
    for (int i = 0; i < 10; ++i) batch.push_back({c, placement->sequence, i});
    ASSERT_TRUE(engine.step(batch, {}));
    pool.append(placement->sequence, tokens);
    pool.release(placement->sequence);
    EXPECT_LE(pool.cells().cached(), 25);
  }
  EXPECT_EQ(engine.cells_used(), 20);
}

TEST(CellLedger, CountsSharedCellsOnceWhateverHappens) {
  constexpr int kSequences = 6, kCells = 200;
  CellLedger ledger(kSequences, kCells);
  std::vector<std::vector<int>> model(kSequences);  // cells named by a counter
  std::vector<bool> live(kSequences);
  int next = 0;
  std::uint64_t drawn = 0;
  const auto pick = [&](int count) { return static_cast<int>(uniform_at(9, 0, drawn++) * count); };
  for (int round = 0; round < 20'000; ++round) {
    const int a = pick(kSequences), b = pick(kSequences);
    auto& mine = model[static_cast<std::size_t>(a)];
    const int size = static_cast<int>(mine.size());
    switch (pick(4)) {
      case 0: {
        const int count = std::min(pick(20), ledger.free());
        ledger.append(a, count);
        for (int i = 0; i < count; ++i) mine.push_back(next++);
        break;
      }
      case 1: {
        const int count = pick(size + 1);
        if (a == b) break;
        ledger.truncate(b, 0);
        ledger.share(a, b, count);
        model[static_cast<std::size_t>(b)].assign(mine.begin(), mine.begin() + count);
        break;
      }
      case 2: {
        const int count = pick(size + 1);
        ledger.truncate(a, count);
        mine.resize(static_cast<std::size_t>(count));
        break;
      }
      default: {
        live[static_cast<std::size_t>(a)] = pick(2) == 0;
        ledger.set_live(a, live[static_cast<std::size_t>(a)]);
      }
    }
    std::set<int> used, in_use;
    for (std::size_t i = 0; i < model.size(); ++i) {
      used.insert(model[i].begin(), model[i].end());
      if (live[i]) in_use.insert(model[i].begin(), model[i].end());
    }
    ASSERT_EQ(ledger.used(), static_cast<int>(used.size())) << round;
    ASSERT_EQ(ledger.live(), static_cast<int>(in_use.size())) << round;
    ASSERT_EQ(ledger.cached() + ledger.live() + ledger.free(), kCells);
  }
}

}  // namespace
}  // namespace diptych
