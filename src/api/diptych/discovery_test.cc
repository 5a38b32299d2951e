#include "api/diptych/discovery.h"

#include <gtest/gtest.h>

#include <set>

#include "api/testing/api_bench.h"

namespace diptych::testing {
namespace {

TEST(Models, AreListedAndFound) {
  ApiBench bench;
  const Json list = body_of(bench.get("/v1/models"));
  ASSERT_EQ(list["data"].as_array().size(), 2u);
  EXPECT_EQ(list["object"].as_string(), "list");
  EXPECT_EQ(body_of(bench.get("/v1/models/m")), list["data"][0]);
  EXPECT_EQ(list["data"][0]["object"].as_string(), "model");
  EXPECT_EQ(list["data"][0]["x_diptych"]["context_length"].as_int(), 1000);
}

TEST(Models, PictureModelsAreListedToo) {
  ApiBench bench;
  const Json model = body_of(bench.get("/v1/models/emoji"));
  EXPECT_EQ(model["x_diptych"]["kind"], Json("image"));
  EXPECT_EQ(model, body_of(bench.get("/v1/models"))["data"][1]);
}

TEST(Capabilities, TellWhatPicturesAreDrawnWith) {
  ApiBench bench;
  const Json pictures = body_of(bench.get("/api/v1/capabilities"))["pictures"];
  EXPECT_EQ(pictures["default_model"], Json("emoji"));
  EXPECT_EQ(pictures["models"][0]["defaults"]["steps"], Json(16));
  EXPECT_GT(pictures["samplers"].as_array().size(), 10u);
  EXPECT_GT(pictures["schedules"].as_array().size(), 5u);
  EXPECT_EQ(pictures["limits"]["steps_max"], Json(500));
}

TEST(Models, IdsMayHoldSlashes) {
  ApiBench bench;
  bench.registry.models.push_back({{.id = "org/name"}, nullptr});
  EXPECT_EQ(body_of(bench.get("/v1/models/org/name"))["id"].as_string(), "org/name");
}

TEST(Models, UnknownIs404AndDeletingIs403) {
  ApiBench bench;
  EXPECT_EQ(error_code(bench.get("/v1/models/x")), "model_not_found");
  EXPECT_EQ(bench.send(Call{.method = "DELETE", .path = "/v1/models/m"}).status, 403);
  EXPECT_EQ(bench.send(Call{.method = "DELETE", .path = "/v1/models/x"}).status, 404);
}

TEST(Health, ShowsTheLoadOfLoadedModels) {
  ApiBench bench;
  const Json body = body_of(bench.get("/health"));
  EXPECT_EQ(body["status"].as_string(), "ok");
  EXPECT_EQ(body["models"][0]["load"]["queued"].as_int(), 2);
}

TEST(Health, IsA503WithTheReasonWhileAModelStalls) {
  ApiBench bench;
  bench.model->fake_scheduler.load_value.stalled = "a step has been computed for 75.0 s";
  const Answer answer = bench.get("/health");
  EXPECT_EQ(answer.status, 503);
  const Json body = body_of(answer);
  EXPECT_EQ(body["status"].as_string(), "unhealthy");
  EXPECT_EQ(body["reason"].as_string(), "model m: a step has been computed for 75.0 s");
}

TEST(Metrics, AreTextForPrometheus) {
  ApiBench bench;
  bench.metrics->counter("diptych_test_total", "help").add();
  const Answer answer = bench.get("/metrics");
  EXPECT_TRUE(answer.content_type.starts_with("text/plain"));
  EXPECT_NE(answer.body.find("diptych_test_total 1"), std::string::npos);
}

TEST(Discovery, OpenApiNamesEveryRouteAndField) {
  ApiBench bench;
  const Json document = body_of(bench.get("/openapi.json"));
  EXPECT_EQ(document["openapi"].as_string(), "3.1.0");
  std::set<std::string> ids;
  for (const auto& path : document["paths"].as_object())
    for (const auto& method : path.value.as_object())
      EXPECT_TRUE(ids.insert(method.value["operationId"].as_string()).second) << path.name;
  EXPECT_EQ(ids.size(), all_routes().size());
  const Json& chat = document["components"]["schemas"]["ChatCompletionRequest"];
  EXPECT_EQ(chat["properties"]["temperature"]["maximum"].as_int(), 2);
  EXPECT_FALSE(chat["additionalProperties"].as_bool());
  EXPECT_NE(chat["properties"].find("typ_p"), nullptr);
}

TEST(Discovery, CapabilitiesSayWhatIsHonoured) {
  ApiBench bench;
  const Json body = body_of(bench.get("/api/v1/capabilities"));
  EXPECT_EQ(body["limits"]["choices_max"].as_int(), 16);
  bool seen = false;
  for (const Json& endpoint : body["endpoints"].as_array())
    if (endpoint["path"] == Json("/v1/chat/completions") && endpoint["method"] == Json("POST")) {
      seen = true;
      EXPECT_NE(endpoint["fields"]["refused"].find("audio"), nullptr);
    }
  EXPECT_TRUE(seen);
  EXPECT_GT(body["samplers"].as_array().size(), 5u);
}

TEST(Routes, AreUnique) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const Route& route : all_routes()) {
    EXPECT_TRUE(seen.emplace(route.method, route.path).second) << route.path;
    EXPECT_FALSE(route.summary.empty()) << route.path;
  }
}

}  // namespace
}  // namespace diptych::testing
