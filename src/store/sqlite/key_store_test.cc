#include "store/sqlite/key_store.h"

#include <gtest/gtest.h>

#include "store/sqlite/testing/open.h"

namespace diptych::sqlite {
namespace {

ApiKey key(std::string id, std::string hash) {
  return {.id = std::move(id),
          .name = "laptop",
          .hash = std::move(hash),
          .shown = "sk-ab…yz",
          .scopes = {"inference", "admin"},
          .created_ms = 7,
          .revoked_ms = std::nullopt};
}

class KeyStoreTest : public testing::Test {
 protected:
  std::unique_ptr<SqliteStore> store_ = open_or_die(":memory:");
  KeyStore& keys_ = store_->keys();
};

TEST_F(KeyStoreTest, FindsAKeyByItsHash) {
  ASSERT_TRUE(keys_.add(key("key_1", "h1")));
  const auto found = keys_.find_by_hash("h1");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->id, "key_1");
  EXPECT_EQ((*found)->scopes, (std::vector<std::string>{"inference", "admin"}));
  EXPECT_EQ((*found)->shown, "sk-ab…yz");
  EXPECT_FALSE((*found)->revoked_ms);
  EXPECT_FALSE(*keys_.find_by_hash("h2"));
}

TEST_F(KeyStoreTest, TheSameIdOrHashTwiceIsAConflict) {
  ASSERT_TRUE(keys_.add(key("key_1", "h1")));
  EXPECT_EQ(keys_.add(key("key_1", "h2")).error().code, ErrorCode::kConflict);
  EXPECT_EQ(keys_.add(key("key_2", "h1")).error().code, ErrorCode::kConflict);
  EXPECT_EQ(keys_.list()->size(), 1u);
}

TEST_F(KeyStoreTest, ARevokedKeyIsStillFoundAndKeepsItsFirstTime) {
  ASSERT_TRUE(keys_.add(key("key_1", "h1")));
  ASSERT_TRUE(keys_.revoke("key_1", 100));
  ASSERT_TRUE(keys_.revoke("key_1", 200));
  EXPECT_EQ((*keys_.find_by_hash("h1"))->revoked_ms, 100);
  EXPECT_EQ(keys_.revoke("key_9", 1).error().code, ErrorCode::kNotFound);
}

TEST_F(KeyStoreTest, AKeyWithoutScopesHasNone) {
  ApiKey bare = key("key_1", "h1");
  bare.scopes.clear();
  ASSERT_TRUE(keys_.add(bare));
  EXPECT_TRUE((*keys_.find_by_hash("h1"))->scopes.empty());
}

}  // namespace
}  // namespace diptych::sqlite
