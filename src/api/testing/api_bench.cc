#include "api/testing/api_bench.h"

#include <algorithm>

namespace diptych::testing {
namespace {

constexpr int kPollsMax = 10'000;

Answer run(std::unique_ptr<PendingAnswer> pending, ErrorStyle style) {
  pending->on_ready([] {});
  for (int i = 0; i < kPollsMax; ++i) {
    auto answer = pending->poll();
    if (!answer) return error_answer(answer.error(), style, "req_test");
    if (*answer) return **answer;
  }
  return Answer{.status = 0};
}

Answer run(StreamedAnswer streamed, ErrorStyle) {
  streamed.chunks->on_ready([] {});
  Answer answer = std::move(streamed.head);
  for (int i = 0; i < kPollsMax; ++i)
    if (streamed.chunks->poll(answer.body) == ChunkState::kEnd) return answer;
  answer.status = 0;
  return answer;
}

Answer run(Answer answer, ErrorStyle) { return answer; }
Answer run(const std::unique_ptr<Conversation>&, ErrorStyle) { return Answer{.status = 101}; }

bool poll_to_end(BackgroundTask& task) {
  for (int i = 0; i < kPollsMax; ++i)
    if (task.poll()) return true;
  return false;
}

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    const std::size_t end = path.find('/', 1);
    segments.push_back(path.substr(0, end));
    path = end == std::string_view::npos ? std::string_view() : path.substr(end);
  }
  return segments;
}

bool match_path(std::string_view pattern, std::string_view path,
                std::vector<std::pair<std::string, std::string>>& params) {
  const auto want = segments_of(pattern), got = segments_of(path);
  for (std::size_t i = 0; i < want.size(); ++i) {
    if (i >= got.size()) return false;
    if (!want[i].starts_with("/{")) {
      if (want[i] != got[i]) return false;
      continue;
    }
    std::string name(want[i].substr(2, want[i].size() - 3));
    if (name.ends_with("...")) {
      const auto offset = static_cast<std::size_t>(got[i].data() - path.data()) + 1;
      params.emplace_back(name.substr(0, name.size() - 3), path.substr(offset));
      return true;
    }
    params.emplace_back(name, got[i].substr(1));
  }
  return want.size() == got.size();
}

std::string error_text(const Answer& answer, std::string_view name) {
  const Json body = body_of(answer);
  const Json& value = body["error"][name];
  return value.is_string() ? value.as_string() : std::string();
}

}  // namespace

std::vector<ModelEntry> FakeModelRegistry::list() const {
  std::vector<ModelEntry> entries;
  for (const auto& [entry, model] : models) entries.push_back(entry);
  return entries;
}

Result<ModelEntry> FakeModelRegistry::find(std::string_view id) const {
  for (const auto& [entry, model] : models)
    if (entry.id == id) return entry;
  return fail(ErrorCode::kNotFound, "no such model");
}

Result<std::shared_ptr<TextModel>> FakeModelRegistry::text_model(std::string_view id, Duration) {
  if (load_error) return fail(*load_error);
  for (const auto& [entry, model] : models)
    if (entry.id == id && model) return std::shared_ptr<TextModel>(model);
  return fail(ErrorCode::kNotFound, "no such model");
}

std::shared_ptr<TextModel> FakeModelRegistry::loaded_text_model(std::string_view id) const {
  for (const auto& [entry, model] : models)
    if (entry.id == id && !load_error) return model;
  return nullptr;
}

Status ImmediateRunner::start(std::string id, std::unique_ptr<BackgroundTask> task) {
  if (refusal) return fail(*refusal);
  task->on_ready([] {});
  const auto place = tasks.insert_or_assign(std::move(id), std::move(task)).first;
  if (!held && poll_to_end(*place->second)) tasks.erase(place);  // another task may have started it
  return {};
}

bool ImmediateRunner::cancel(std::string_view id) {
  const auto found = tasks.find(id);
  if (found == tasks.end()) return false;
  found->second->abandon(TaskEnd::kCancelled);
  tasks.erase(found);
  return true;
}

std::unique_ptr<TaskWatch> ImmediateRunner::watch(std::string_view id, std::function<void()>) {
  return tasks.contains(id) ? std::make_unique<TaskWatch>() : nullptr;
}

void ImmediateRunner::poll_all() {
  for (auto it = tasks.begin(); it != tasks.end();)
    it = poll_to_end(*it->second) ? tasks.erase(it) : std::next(it);
}

ApiBench::ApiBench(std::vector<std::string> pieces)
    : model(std::make_shared<FakeTextModel>("m", std::move(pieces))),
      store(std::move(*make_sqlite_store(":memory:", clock))) {
  registry.models.push_back(
      {{.id = "m", .created = 1'700'000'000, .size_bytes = 1000, .loaded = true}, model});
}

RouteMatch find_route(std::string_view method, std::string_view path) {
  for (const Route& route : all_routes()) {
    RouteMatch match{.route = &route};
    if (route.method == method && match_path(route.path, path, match.params)) return match;
  }
  return {};
}

Answer ApiBench::send(Call call) {
  RouteMatch match = find_route(call.method, call.path);
  if (match.route == nullptr) return Answer{.status = 404};
  call.path_params = std::move(match.params);
  call.request_id = "req_test";
  return run_to_end(match.route->handler(call, services), match.route->errors);
}

Answer ApiBench::post(std::string path, std::string body) {
  return send(Call{.method = "POST", .path = std::move(path), .body = std::move(body)});
}

Answer ApiBench::get(std::string path) {
  return send(Call{.method = "GET", .path = std::move(path)});
}

Answer run_to_end(Result<Reply> reply, ErrorStyle style) {
  if (!reply) return error_answer(reply.error(), style, "req_test");
  return std::visit([style](auto&& each) { return run(std::move(each), style); },
                    std::move(*reply));
}

std::vector<Json> sse_objects(std::string_view body) {
  std::vector<Json> objects;
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    const std::string_view line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (!line.starts_with("data: ") || line == "data: [DONE]") continue;
    auto json = parse_json(line.substr(6));
    objects.push_back(json ? std::move(*json) : Json());
  }
  return objects;
}

Json body_of(const Answer& answer) { return parse_json(answer.body).value_or(Json()); }
std::string error_code(const Answer& answer) { return error_text(answer, "code"); }
std::string error_param(const Answer& answer) { return error_text(answer, "param"); }

}  // namespace diptych::testing
