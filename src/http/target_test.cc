#include "http/target.h"

#include <gmock/gmock.h>

namespace diptych {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(Target, SplitsAndDecodesPathAndQuery) {
  const auto target =
      parse_target("/v1/models/a%2Fb%20c?x=1&include[]=a+b&include[]=%C3%A9&flag#end");
  ASSERT_TRUE(target) << target.error().message;
  EXPECT_THAT(target->segments, ElementsAre("v1", "models", "a/b c"));
  EXPECT_EQ(target->path(), "/v1/models/a/b c");
  EXPECT_THAT(target->query, ElementsAre(Pair("x", "1"), Pair("include[]", "a b"),
                                         Pair("include[]", "é"), Pair("flag", "")));
}

TEST(Target, TakesAbsoluteForm) {
  EXPECT_EQ(parse_target("http://example.org:80/a/b?q=1")->path(), "/a/b");
  EXPECT_EQ(parse_target("http://example.org")->path(), "/");
}

TEST(Target, KeepsPlusInPath) { EXPECT_EQ(parse_target("/a+b")->path(), "/a+b"); }

TEST(Target, RefusesWhatCouldFoolAHandler) {
  for (const std::string_view bad :
       {"/a%", "/a%2", "/a%zz", "/a%00b", "/a%0Ab", "/a%7f", "/..", "/a/../b", "/a/%2e%2E/b",
        "/a%2F..%2Fb", "/./a", "/%ff", "/%C0%AF", "*", "a/b", "", "example.org:443", "/a?x=%4"}) {
    const auto target = parse_target(bad);
    ASSERT_FALSE(target) << bad;
    EXPECT_EQ(target.error().code, ErrorCode::kInvalidArgument) << bad;
  }
}

TEST(Target, BoundsTheNumberOfQueryParameters) {
  std::string many = "/a?";
  for (int i = 0; i < 256; ++i) many += "x&";
  EXPECT_TRUE(parse_target(many));
  EXPECT_FALSE(parse_target(many + "x"));
}

TEST(Target, LogsWithoutQuery) {
  EXPECT_EQ(without_query("/v1/files?key=secret"), "/v1/files");
  EXPECT_EQ(without_query("/plain"), "/plain");
}

}  // namespace
}  // namespace diptych
