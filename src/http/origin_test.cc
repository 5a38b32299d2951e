#include "http/origin.h"

#include <gmock/gmock.h>

namespace diptych {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

RequestHead from(std::string_view origin, std::string_view host, std::string_view method = "POST") {
  RequestHead head;
  head.method = method;
  head.headers = {{"host", std::string(host)}};
  if (!origin.empty()) head.headers.emplace_back("origin", std::string(origin));
  return head;
}

TEST(OriginPolicy, AnOpenServerRefusesForeignWebPages) {
  const OriginPolicy policy("", true);
  EXPECT_TRUE(policy.check(from("", "localhost:8080"))) << "not a browser";
  EXPECT_TRUE(policy.check(from("http://localhost:8080", "localhost:8080"))) << "our own page";
  EXPECT_TRUE(policy.check(from("http://[::1]:8080", "[::1]:8080")));
  for (const auto& [origin, host] : std::vector<std::pair<std::string, std::string>>{
           {"https://evil.example", "localhost:8080"},
           {"http://localhost:3000", "localhost:8080"},
           {"http://evil.example:8080", "evil.example:8080"},  // DNS rebinding
           {"http://localhost.evil.example", "localhost.evil.example"},
           {"null", "localhost:8080"}}) {
    const Status status = policy.check(from(origin, host));
    ASSERT_FALSE(status) << origin;
    EXPECT_EQ(status.error().code, ErrorCode::kForbidden);
  }
}

TEST(OriginPolicy, AKeyedServerLeavesItToTheKey) {
  EXPECT_TRUE(OriginPolicy("", false).check(from("https://evil.example", "api.example")));
}

TEST(OriginPolicy, ClosedByDefault) {
  const OriginPolicy policy("", false);
  EXPECT_THAT(policy.answer_headers("https://a.example"), IsEmpty());
  RequestHead preflight = from("https://a.example", "api.example", "OPTIONS");
  preflight.headers.emplace_back("access-control-request-method", "POST");
  EXPECT_FALSE(policy.is_preflight(preflight));
}

TEST(OriginPolicy, AllowsTheListedOrigins) {
  const OriginPolicy policy("https://a.example, http://localhost:5173", true);
  EXPECT_TRUE(policy.check(from("https://a.example", "localhost:8080")));
  EXPECT_FALSE(policy.check(from("https://b.example", "localhost:8080")));
  EXPECT_THAT(policy.answer_headers("https://a.example"),
              Contains(Pair("access-control-allow-origin", "https://a.example")));
  EXPECT_THAT(policy.answer_headers("https://a.example"), Contains(Pair("vary", "origin")));
  EXPECT_THAT(policy.answer_headers("https://b.example"),
              Not(Contains(Pair("access-control-allow-origin", testing::_))));
}

TEST(OriginPolicy, AStarAllowsEveryPage) {
  const OriginPolicy policy("*", true);
  EXPECT_TRUE(policy.check(from("https://x.example", "localhost")));
  EXPECT_THAT(policy.answer_headers("https://x.example"),
              Contains(Pair("access-control-allow-origin", "*")));
}

}  // namespace
}  // namespace diptych
