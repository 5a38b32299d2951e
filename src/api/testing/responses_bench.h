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

class FailingStore final : public ResponseStore {  // refuses the nth change
 public:
  FailingStore(ResponseStore& real, int nth, int times) : real_(real), left_(nth), times_(times) {}

  Status put(const ResponseRow& row, const std::vector<EventRow>& events) override {
    TRY_STATUS(refuse());
    return real_.put(row, events);
  }
  Status update(const ResponseUpdate& update) override {
    TRY_STATUS(refuse());
    return real_.update(update);
  }
  Status append_events(std::string_view id, const std::vector<EventRow>& events) override {
    TRY_STATUS(refuse());
    return real_.append_events(id, events);
  }
  Result<ResponseRow> get(std::string_view id, std::string_view owner) override {
    return real_.get(id, owner);
  }
  Result<ResponseRow> get_by_item(std::string_view id, std::string_view owner) override {
    return real_.get_by_item(id, owner);
  }
  Status erase(std::string_view id, std::string_view owner) override {
    return real_.erase(id, owner);
  }
  Result<std::vector<EventRow>> events_after(std::string_view id, std::int64_t sequence,
                                             int limit) override {
    return real_.events_after(id, sequence, limit);
  }
  Result<std::int64_t> next_sequence(std::string_view id) override {
    return real_.next_sequence(id);
  }
  Result<std::vector<ResponseRow>> unfinished() override { return real_.unfinished(); }

 private:
  Status refuse() {
    --left_;
    if (left_ <= 0 && left_ > -times_) return fail(ErrorCode::kIo, "scripted");
    return {};
  }
  ResponseStore& real_;
  int left_, times_;
};

inline Services with_responses(ResponseBench& bench, ResponseStore& store) {
  return {.clock = bench.clock,
          .metrics = *bench.metrics,
          .models = bench.registry,
          .responses = store,
          .completions = bench.services.completions,
          .keys = bench.services.keys,
          .background = bench.runner,
          .limits = {}};
}

}  // namespace diptych::openai
