#pragma once
// Everything a handler needs, in memory: one fake model called "m", a store in memory, and a runner
// that runs at once.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/background.h"
#include "api/route.h"
#include "api/services.h"
#include "api/testing/fake_pictures.h"
#include "api/testing/fake_text.h"
#include "base/json.h"
#include "store/store.h"

namespace diptych::testing {

class FakeModelRegistry final : public ModelRegistry {
 public:
  std::vector<std::pair<ModelEntry, std::shared_ptr<FakeTextModel>>> models;
  std::optional<Error> load_error;

  std::vector<ModelEntry> list() const override;
  Result<ModelEntry> find(std::string_view id) const override;
  Result<std::shared_ptr<TextModel>> text_model(std::string_view id, Duration wait) override;
  std::shared_ptr<TextModel> loaded_text_model(std::string_view id) const override;
  std::string_view default_text_model() const override { return "m"; }
};

class ImmediateRunner final
    : public BackgroundRunner {  // polls a task until it is done; or, while `held`, keeps it
 public:
  bool held = false;
  std::optional<Error> refusal;
  std::map<std::string, std::unique_ptr<BackgroundTask>, std::less<>> tasks;

  Status start(std::string id, std::unique_ptr<BackgroundTask> task) override;
  bool cancel(std::string_view id) override;
  std::unique_ptr<TaskWatch> watch(std::string_view id, std::function<void()> wake) override;
  void stop() override { tasks.clear(); }
  void poll_all();
};

class ApiBench {
 public:
  explicit ApiBench(std::vector<std::string> pieces = {});

  std::shared_ptr<FakeTextModel> model;  // "m"
  ManualClock clock;
  std::unique_ptr<Metrics> metrics = make_metrics();
  FakeModelRegistry registry;
  std::unique_ptr<SqliteStore> store;  // in memory
  ImmediateRunner runner;
  FakePictures pictures;
  Services services{.clock = clock,
                    .metrics = *metrics,
                    .models = registry,
                    .responses = store->responses(),
                    .completions = store->completions(),
                    .keys = store->keys(),
                    .background = runner,
                    .limits = {},
                    .pictures = &pictures.services};

  FakeScheduler& scheduler() { return model->fake_scheduler; }

  // Runs the route that all_routes() has for the call, to its end. Errors become the answers that
  // http/ would send; a stream's body is all its chunks.
  Answer send(Call call);
  Answer post(std::string path, std::string body);
  Answer get(std::string path);
};

struct RouteMatch {
  const Route* route = nullptr;
  std::vector<std::pair<std::string, std::string>> params;
};
RouteMatch find_route(std::string_view method, std::string_view path);

// Polls; a reply that only waits is a test failure (status 0).
Answer run_to_end(Result<Reply> reply, ErrorStyle style = ErrorStyle::kOpenAi);
std::vector<Json> sse_objects(std::string_view body);  // of every data: line but [DONE]
Json body_of(const Answer& answer);                    // null when it is not JSON
std::string error_code(const Answer& answer);          // error.code, "" when null or missing
std::string error_param(const Answer& answer);

}  // namespace diptych::testing
