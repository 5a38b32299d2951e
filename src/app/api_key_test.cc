#include "app/api_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/commands/keys.h"
#include "app/object_graph.h"
#include "base/hash.h"
#include "store/store.h"

namespace diptych {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class KeysTest : public testing::Test {
 protected:
  ManualClock clock_;
  std::unique_ptr<SqliteStore> store_ = *make_sqlite_store(":memory:", clock_);
  KeyStore& keys_ = store_->keys();
};

TEST_F(KeysTest, ShowTheSecretOnceAndKeepOnlyItsHash) {
  const auto created = create_key(keys_, "laptop", {"inference", "admin"}, clock_);
  ASSERT_TRUE(created);
  const std::string secret = created->json["secret"].as_string();
  EXPECT_TRUE(secret.starts_with("sk-"));
  EXPECT_EQ(secret.size(), 27U);
  EXPECT_THAT(created->text, HasSubstr(secret));
  const auto kept = keys_.find_by_hash(to_hex(sha256(secret)));
  ASSERT_TRUE(kept && *kept);
  EXPECT_EQ((*kept)->name, "laptop");
  EXPECT_EQ((*kept)->scopes, (std::vector<std::string>{"inference", "admin"}));
  const auto listed = list_keys(keys_);
  ASSERT_TRUE(listed);
  EXPECT_THAT(listed->text, Not(HasSubstr(secret)));
  EXPECT_THAT(dump_json(listed->json), Not(HasSubstr(secret)));
  EXPECT_THAT(listed->text, HasSubstr(secret.substr(0, 5) + "…" + secret.substr(25)));
}

TEST_F(KeysTest, RefuseUnknownScopes) {
  EXPECT_THAT(create_key(keys_, "", {"root"}, clock_).error().message, HasSubstr("\"root\""));
  EXPECT_FALSE(create_key(keys_, "", {}, clock_));
  EXPECT_EQ(list_keys(keys_)->json["keys"].as_array().size(), 0U);
}

TEST_F(KeysTest, CanBeRevoked) {
  const auto created = create_key(keys_, "", {"inference"}, clock_);
  ASSERT_TRUE(revoke_key(keys_, created->json["id"].as_string(), clock_));
  EXPECT_THAT(list_keys(keys_)->text, HasSubstr("revoked"));
  EXPECT_EQ(revoke_key(keys_, "key_none", clock_).error().code, ErrorCode::kNotFound);
}

TEST_F(KeysTest, AServerThatOthersReachNeedsOneThatIsNotRevoked) {
  AppConfig config;
  config.server.listen = "0.0.0.0:8080";
  EXPECT_TRUE(check_keys(config, keys_));  // require_key decides
  config.server.require_key = true;
  const Status none = check_keys(config, keys_);
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("diptych keys create"));
  const auto created = create_key(keys_, "", {"inference"}, clock_);
  EXPECT_TRUE(check_keys(config, keys_));
  ASSERT_TRUE(revoke_key(keys_, created->json["id"].as_string(), clock_));
  EXPECT_FALSE(check_keys(config, keys_));
}

}  // namespace
}  // namespace diptych
