#pragma once
// For tests of responses: an ApiBench with short forms of what they say again and again.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "api/testing/api_bench.h"

namespace diptych::openai {

struct ResponseBench : testing::ApiBench {
  using ApiBench::ApiBench;

  // members: of the request, beside model and input; JSON text without braces.
  Answer create(std::string_view members = {}) {
    return create_with(fmt::format(R"("input":"hi"{}{})", members.empty() ? "" : ",", members));
  }
  Answer create_with(std::string_view members) {
    return post("/v1/responses", fmt::format(R"({{"model":"m",{}}})", members));
  }
  std::string created_id(const Answer& answer) {
    return testing::body_of(answer)["id"].as_string();
  }
  Answer remove(std::string path) { return send({.method = "DELETE", .path = std::move(path)}); }
  Answer get_with(std::string path, std::vector<std::pair<std::string, std::string>> query) {
    return send({.method = "GET", .path = std::move(path), .query = std::move(query)});
  }
  Answer resume(const std::string& id, int after) {
    return get_with("/v1/responses/" + id,
                    {{"stream", "true"}, {"starting_after", std::to_string(after)}});
  }
};

// "0 response.created", … of a stream; every number must follow the one before.
inline std::vector<std::string> types_of(std::string_view body) {
  std::vector<std::string> types;
  std::int64_t expected = -1;
  for (const Json& event : testing::sse_objects(body)) {
    if (!event["sequence_number"].is_int()) {
      ADD_FAILURE() << "not an event: " << dump_json(event);
      continue;
    }
    const std::int64_t number = event["sequence_number"].as_int();
    if (expected >= 0) {
      EXPECT_EQ(number, expected);
    }
    expected = number + 1;
    types.push_back(fmt::format("{} {}", number, event["type"].as_string()));
  }
  return types;
}

}  // namespace diptych::openai
