#include "http/auth.h"

#include <gmock/gmock.h>

#include "base/clock.h"
#include "http/testing/stage.h"

namespace diptych {
namespace {

using testing::FakeKeys;
using ::testing::HasSubstr;
using testing::key_for;

class AuthTest : public ::testing::Test {
 protected:
  AuthTest() {
    keys_.keys = {key_for("sk-inference-secret", "key_i", {"inference"}),
                  key_for("sk-admin-secret-xx", "key_a", {"admin"}),
                  key_for("sk-revoked-secret", "key_r", {"inference"})};
    keys_.keys[2].revoked_ms = 1;
  }

  // What a connection does: memory first, the store when that cannot tell.
  Result<Caller> ask(Authenticator& authenticator, std::string_view authorization, Scope scope) {
    if (auto decided = authenticator.decide(authorization, scope)) return *decided;
    return authenticator.look_up(authorization, scope);
  }

  FakeKeys keys_;
  ManualClock clock_;
};

TEST_F(AuthTest, DecidesByKeyAndScopeWhenKeysAreRequired) {
  Authenticator authenticator(keys_, clock_, KeyPolicy::kRequired);
  struct Case {
    std::string_view authorization;
    Scope scope;
    std::string_view key_id;  // "": refused
    ErrorCode code = ErrorCode::kInternal;
    std::string_view detail = "";
  };
  const Case cases[] = {
      {"Bearer sk-inference-secret", Scope::kInference, "key_i"},
      {"bearer  sk-inference-secret", Scope::kInference, "key_i"},
      {"Bearer sk-inference-secret", Scope::kAdmin, "", ErrorCode::kForbidden,
       "insufficient_permissions"},
      {"Bearer sk-admin-secret-xx", Scope::kAdmin, "key_a"},
      {"Bearer sk-inference-secret", Scope::kMetrics, "", ErrorCode::kForbidden,
       "insufficient_permissions"},
      {"Bearer sk-admin-secret-xx", Scope::kMetrics, "key_a"},
      {"Bearer sk-admin-secret-xx", Scope::kInference, "key_a"},
      {"Bearer sk-revoked-secret", Scope::kInference, "", ErrorCode::kUnauthorized,
       "invalid_api_key"},
      {"Bearer sk-nobody-has-this", Scope::kInference, "", ErrorCode::kUnauthorized,
       "invalid_api_key"},
      {"", Scope::kInference, "", ErrorCode::kUnauthorized},
      {"Bearer ", Scope::kInference, "", ErrorCode::kUnauthorized},
      {"Basic c2stOg==", Scope::kInference, "", ErrorCode::kUnauthorized},  // "sk-:"
      // "me:sk-inference-secret"
      {"Basic bWU6c2staW5mZXJlbmNlLXNlY3JldA==", Scope::kInference, "key_i"},
      {"Basic c2staW5mZXJlbmNlLXNlY3JldDpubw==", Scope::kInference, "", ErrorCode::kUnauthorized,
       "invalid_api_key"},  // "sk-inference-secret:no"
      {"Basic no Base64", Scope::kInference, "", ErrorCode::kUnauthorized},
  };
  for (int round = 0; round < 2; ++round) {  // asked and remembered answers are the same
    for (const Case& c : cases) {
      const Result<Caller> caller = ask(authenticator, c.authorization, c.scope);
      if (!c.key_id.empty()) {
        ASSERT_TRUE(caller) << c.authorization;
        EXPECT_EQ(caller->key_id, c.key_id);
        continue;
      }
      ASSERT_FALSE(caller) << c.authorization;
      EXPECT_EQ(caller.error().code, c.code) << c.authorization;
      EXPECT_EQ(caller.error().detail, c.detail) << c.authorization;
    }
  }
}

TEST_F(AuthTest, OpenRoutesNeedNoKeyAndNoLookUp) {
  Authenticator authenticator(keys_, clock_, KeyPolicy::kRequired);
  EXPECT_TRUE(authenticator.decide("", Scope::kNone).value());
  EXPECT_EQ(keys_.look_ups, 0);
}

TEST_F(AuthTest, AnOpenServerKnowsItsKeysAndTakesTheRestAnonymously) {
  Authenticator authenticator(keys_, clock_, KeyPolicy::kOptional);
  EXPECT_EQ(ask(authenticator, "Bearer sk-inference-secret", Scope::kAdmin)->key_id, "key_i");
  EXPECT_EQ(ask(authenticator, "Bearer sk-anything", Scope::kAdmin)->key_id, "");
  EXPECT_EQ(ask(authenticator, "Bearer sk-revoked-secret", Scope::kInference)->key_id, "");
  EXPECT_EQ(ask(authenticator, "", Scope::kInference)->key_id, "");
}

TEST_F(AuthTest, RemembersALookUpForAFewSeconds) {
  Authenticator authenticator(keys_, clock_, KeyPolicy::kRequired);
  for (const std::string_view key : {"Bearer sk-inference-secret", "Bearer sk-wrong-wrong-wrong"}) {
    keys_.look_ups = 0;
    EXPECT_FALSE(authenticator.decide(key, Scope::kInference)) << "nothing is remembered yet";
    (void)authenticator.look_up(key, Scope::kInference);
    EXPECT_TRUE(authenticator.decide(key, Scope::kInference));
    EXPECT_EQ(keys_.look_ups, 1);
    clock_.advance(std::chrono::seconds(4));
    EXPECT_FALSE(authenticator.decide(key, Scope::kInference)) << "a revocation must be seen";
  }
}

TEST_F(AuthTest, AStoreThatFailsIsNotAWrongKey) {
  Authenticator authenticator(keys_, clock_, KeyPolicy::kRequired);
  keys_.broken = true;
  EXPECT_EQ(authenticator.look_up("Bearer sk-inference-secret", Scope::kInference).error().code,
            ErrorCode::kIo);
  keys_.broken = false;
  EXPECT_TRUE(ask(authenticator, "Bearer sk-inference-secret", Scope::kInference));
}

TEST(KeyMemory, ForgetsTheLeastRecentlyUsed) {
  const ManualClock clock;
  KeyMemory memory(clock, 2, std::chrono::hours(1));
  memory.remember("a", std::nullopt);
  memory.remember("b", std::nullopt);
  EXPECT_TRUE(memory.recall("a"));
  memory.remember("c", std::nullopt);
  EXPECT_TRUE(memory.recall("a"));
  EXPECT_FALSE(memory.recall("b"));
  EXPECT_TRUE(memory.recall("c"));
}

TEST(MaskedKey, ShowsTheEndsOfLongKeysOnly) {
  EXPECT_EQ(masked_key("sk-abcdefghijklmnopyz"), "sk-ab***yz");
  EXPECT_EQ(masked_key("sk-short"), "***");
  EXPECT_EQ(masked_key(std::string("sk-abcdefgh\njklmnop")), "***");
}

}  // namespace
}  // namespace diptych
