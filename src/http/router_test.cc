#include "http/router.h"

#include <gmock/gmock.h>

namespace diptych {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

Route route(std::string_view method, std::string_view path) {
  return {method, path, Scope::kNone, Cost::kCheap, nullptr, ""};
}

std::string_view path_of(const PathMatch& match) {
  return match.methods.empty() ? "" : match.methods.front()->path;
}

TEST(Router, PrefersLiteralThenSegmentThenRest) {
  const std::vector<Route> routes = {route("GET", "/m/{name...}"), route("GET", "/m/{id}"),
                                     route("GET", "/m/list"), route("POST", "/m/{id}/cancel"),
                                     route("GET", "/{any...}")};
  const auto router = Router::build(routes);
  ASSERT_TRUE(router) << router.error().message;
  const auto find = [&](std::vector<std::string> segments) { return router->find(segments); };
  EXPECT_EQ(path_of(find({"m", "list"})), "/m/list");
  EXPECT_EQ(path_of(find({"m", "x"})), "/m/{id}");
  EXPECT_EQ(path_of(find({"m", "x", "cancel"})), "/m/{id}/cancel");
  EXPECT_EQ(path_of(find({"m", "x", "y"})), "/m/{name...}");
  EXPECT_EQ(path_of(find({"other"})), "/{any...}");
  EXPECT_THAT(find({"m", "a", "b", "c"}).params, ElementsAre(Pair("name", "a/b/c")));
  EXPECT_THAT(find({"m", "a", "cancel"}).params, ElementsAre(Pair("id", "a")));
}

TEST(Router, AParameterIsNeverEmpty) {
  const std::vector<Route> routes = {route("GET", "/m/{id}"), route("GET", "/n/{rest...}")};
  const auto router = Router::build(routes);
  ASSERT_TRUE(router);
  EXPECT_THAT(router->find(std::vector<std::string>{"m", ""}).methods, IsEmpty());
  EXPECT_THAT(router->find(std::vector<std::string>{"m"}).methods, IsEmpty());
  EXPECT_THAT(router->find(std::vector<std::string>{"n"}).methods, IsEmpty());
  EXPECT_THAT(router->find(std::vector<std::string>{"n", ""}).methods, IsEmpty());
}

TEST(Router, RefusesTablesThatContradictThemselves) {
  const std::vector<std::vector<Route>> tables = {
      {route("GET", "/a"), route("GET", "/a")},
      {route("GET", "/a/{id}"), route("POST", "/a/{key}")},
      {route("GET", "no-slash")},
      {route("GET", "/a/{id")},
      {route("GET", "/a/{}")},
      {route("GET", "/a/{rest...}/b")},
  };
  for (const auto& table : tables) {
    const auto router = Router::build(table);
    ASSERT_FALSE(router) << table.back().path;
    EXPECT_EQ(router.error().code, ErrorCode::kInternal);
  }
}

TEST(Router, GetAnswersHead) {
  const std::vector<Route> routes = {route("GET", "/a"), route("POST", "/a")};
  const auto router = Router::build(routes);
  const auto methods = router->find(std::vector<std::string>{"a"}).methods;
  EXPECT_EQ(route_for_method(methods, "HEAD")->method, "GET");
  EXPECT_EQ(route_for_method(methods, "POST")->method, "POST");
  EXPECT_EQ(route_for_method(methods, "PUT"), nullptr);
  EXPECT_EQ(route_for_method(methods, "get"), nullptr);
  EXPECT_EQ(allowed_methods(methods), "GET, HEAD, POST");
}

}  // namespace
}  // namespace diptych
