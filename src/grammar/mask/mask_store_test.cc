#include "grammar/mask/mask_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grammar/mask/small_machines_fixture.h"

namespace diptych::grammar {
namespace {

using ::testing::ElementsAre;
using testing::ids_of;

SharedMask mask_of(const std::vector<Token>& ids, std::size_t words = 4) {
  std::vector<std::uint32_t> row(words);
  for (const Token id : ids) set_bit(row, id);
  return TokenMask::of(row);
}

TEST(TokenMask, is_a_list_when_short_and_a_row_when_long) {
  EXPECT_THAT(mask_of({3, 70})->ids(), ElementsAre(3, 70));
  std::vector<Token> many;
  for (Token id = 0; id < 1500; ++id) many.push_back(id);
  const SharedMask dense = mask_of(many, 64);
  ASSERT_TRUE(dense->dense());
  EXPECT_EQ(ids_of(dense->words()), many);
  EXPECT_TRUE(mask_of({})->empty());
  EXPECT_NE(mask_of({1})->digest(), mask_of({2})->digest());
  EXPECT_EQ(mask_of({1})->digest(), mask_of({1})->digest());
}

TEST(MaskRow, shows_one_mask_after_another) {
  std::vector<Token> many;
  for (Token id = 0; id < 1500; ++id) many.push_back(id);
  MaskRow row;
  EXPECT_THAT(ids_of(row.show(mask_of({1, 33, 34}, 64), 64)), ElementsAre(1, 33, 34));
  EXPECT_EQ(ids_of(row.show(mask_of(many, 64), 64)), many);
  EXPECT_THAT(ids_of(row.show(mask_of({2, 33}, 64), 64)), ElementsAre(2, 33));
}

TEST(MaskStore, keeps_equal_masks_once) {
  MaskStore store(1 << 20);
  const SharedMask first = store.insert({.high = 1, .low = 1}, mask_of({5}));
  const std::size_t bytes = store.memory_bytes();
  const SharedMask second = store.insert({.high = 1, .low = 2}, mask_of({5}));
  EXPECT_EQ(first, second);
  EXPECT_LT(store.memory_bytes() - bytes, bytes);
  EXPECT_EQ(store.find({.high = 1, .low = 2}), first);
  EXPECT_EQ(store.find({.high = 2, .low = 2}), nullptr);
}

TEST(MaskStore, drops_what_was_asked_least_recently) {
  MaskStore store(4000);
  for (Token id = 0; id < 10; ++id) {
    store.insert({.high = 0, .low = static_cast<std::uint64_t>(id)}, mask_of({id}));
    store.find({.high = 0, .low = 0});
  }
  for (Token id = 10; id < 40; ++id) {
    store.insert({.high = 0, .low = static_cast<std::uint64_t>(id)}, mask_of({id}));
    store.find({.high = 0, .low = 0});
    EXPECT_LE(store.memory_bytes(), 4000U);
  }
  EXPECT_NE(store.find({.high = 0, .low = 0}), nullptr);
  EXPECT_EQ(store.find({.high = 0, .low = 1}), nullptr);
  EXPECT_NE(store.find({.high = 0, .low = 39}), nullptr);
}

TEST(MaskStore, may_be_too_small_for_anything) {
  MaskStore store(0);
  EXPECT_NE(store.insert({}, mask_of({1})), nullptr);
  EXPECT_EQ(store.memory_bytes(), 0U);
}

}  // namespace
}  // namespace diptych::grammar
