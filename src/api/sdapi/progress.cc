#include "api/sdapi/progress.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/job_answer.h"
#include "api/sdapi/answers.h"
#include "api/sdapi/get_desk.h"
#include "api/sdapi/lenient.h"
#include "api/sdapi/options.h"
#include "api/sdapi/running.h"
#include "base/base64.h"
#include "jobs/job_queue.h"

namespace diptych::sdapi {
namespace {

constexpr int kTasksShownMax = 100;

// What a task is called: by its client, else by the server.
std::string shown_name(const Job& job, const Desk& desk) {
  std::string task = desk.task_of(job.id);
  return task.empty() ? job.id : task;
}

Json state_of(const JobView& view, const Desk& desk) {
  const bool interrupted = desk.is_marked(view.job.id, Mark::kInterrupted);
  return Json::object(
      {{"skipped", desk.is_marked(view.job.id, Mark::kSkipped)},
       {"interrupted", interrupted},
       {"stopping_generation", interrupted},
       {"job", shown_name(view.job, desk)},
       {"job_count", view.job_count},
       {"job_timestamp", compact_time(view.job.started_ms.value_or(view.job.created_ms))},
       {"job_no", view.job_no},
       {"sampling_step", view.sampling_step},
       {"sampling_steps", view.sampling_steps}});
}

Json idle_state() {
  return Json::object({{"skipped", false},
                       {"interrupted", false},
                       {"stopping_generation", false},
                       {"job", ""},
                       {"job_count", 0},
                       {"job_timestamp", "0"},
                       {"job_no", 0},
                       {"sampling_step", 0},
                       {"sampling_steps", 0}});
}

// What happens, where it is not the drawing itself.
Json text_of(const JobView& view, Services& services) {
  if (view.job.state == JobState::kQueued) {
    const auto position = services.pictures->queue.store().position(view.job.id);
    if (position && *position) return fmt::format("Waiting: {} before it.", **position);
    return "Waiting.";
  }
  if (view.progress.phase == "loading_model") return "The model is being loaded.";
  return nullptr;
}

// What the caller has set about previews.
bool shows_previews(const Call& call, const Desk& desk) {
  OptionValues options;
  Warnings stored;
  return !apply_options(desk.options_of(call.caller.key_id), "options", options, stored) ||
         options.live_previews;
}

bool is_true(std::optional<std::string_view> value) {
  return value && (*value == "true" || *value == "True" || *value == "1");
}

struct TaskQuery {
  std::string task;
  int preview = -1;  // the last one that the client has
  bool wants_preview = true;
};

constexpr Field kTaskRows[] = {
    {.name = "id_task",
     .doc = "force_task_id of the request, or the job's id.",
     .types = kString | kNull,
     .parse = set_member<TaskQuery, &TaskQuery::task>},
    {.name = "id_live_preview",
     .doc = "Of the last preview that the client has; a preview is sent when it is another one.",
     .types = kInteger | kNull,
     .shown_default = "-1",
     .parse = set_member<TaskQuery, &TaskQuery::preview>},
    {.name = "live_preview",
     .types = kBool | kNull,
     .shown_default = "true",
     .parse = set_member<TaskQuery, &TaskQuery::wants_preview>},
};
constexpr FieldGroup kTaskGroups[] = {{kTaskRows}};

Json unknown_task() {
  return Json::object({{"active", false},
                       {"queued", false},
                       {"completed", false},
                       {"progress", nullptr},
                       {"eta", nullptr},
                       {"live_preview", nullptr},
                       {"id_live_preview", -1},
                       {"textinfo", nullptr}});
}

Json task_answer(const JobView& view, const TaskQuery& query, Services& services) {
  const JobState state = view.job.state;
  Json answer = Json::object({{"active", state == JobState::kRunning},
                              {"queued", state == JobState::kQueued},
                              {"completed", is_final(state)},
                              {"progress", is_final(state) ? 1.0 : view.progress.fraction},
                              {"eta", state == JobState::kRunning ? Json(view.eta_s) : Json()}});
  const bool news = query.wants_preview && view.preview && view.preview->step != query.preview;
  answer.set("live_preview", news
                                 ? Json(fmt::format("data:{};base64,{}", view.preview->content_type,
                                                    base64_encode(*view.preview->bytes)))
                                 : Json());
  answer.set("id_live_preview", news ? view.preview->step : query.preview);
  answer.set("textinfo", text_of(view, services));
  answer.set("job", view.job.id);
  answer.set("step", view.sampling_step);
  answer.set("steps", view.sampling_steps);
  answer.set("batch_no", view.job_no);
  return answer;
}

std::string_view status_word(const JobView& view, const Desk& desk) {
  if (view.job.state == JobState::kQueued) return "idle";
  return desk.is_marked(view.job.id, Mark::kInterrupted) ? "interrupted" : "running";
}

}  // namespace

const BodySchema kTaskProgressSchema{"SdapiTaskProgress", "Which task to look at.", kTaskGroups,
                                     UnknownMembers::kWarned};

Result<Reply> get_progress(const Call& call, Services& services) {
  TRY(const Desk* const desk, get_desk(services));
  TRY(const auto view, find_current(call, services));
  Json body = Json::object({{"progress", 0.0},
                            {"eta_relative", 0.0},
                            {"state", idle_state()},
                            {"current_image", nullptr},
                            {"textinfo", nullptr}});
  if (!view) return json_answer(body);
  body.set("progress", std::clamp(view->progress.fraction, 0.0, 1.0));
  body.set("eta_relative", view->eta_s);
  body.set("state", state_of(*view, *desk));
  const bool wanted =
      !is_true(call.query_value("skip_current_image")) && shows_previews(call, *desk);
  if (wanted && view->preview) body.set("current_image", base64_encode(*view->preview->bytes));
  body.set("textinfo", text_of(*view, services));
  return json_answer(body);
}

Result<Reply> get_task_progress(const Call& call, Services& services) {
  TRY(const Desk* const desk, get_desk(services));
  TaskQuery query;
  Warnings warnings;
  TRY(const Json given, read_body(kTaskProgressSchema, call.body));
  TRY_STATUS(parse_object(kTaskProgressSchema, given,
                          {.path = {}, .request = &query, .warnings = &warnings}));
  std::string job = desk->job_of(call.caller.key_id, query.task);
  if (job.empty()) job = query.task;
  const auto view = view_job(job, call, services);
  if (!view && view.error().code != ErrorCode::kNotFound) return fail(view.error());
  return json_answer(view ? task_answer(*view, query, services) : unknown_task());
}

Result<Reply> list_pending_tasks(const Call& call, Services& services) {
  TRY(const Desk* const desk, get_desk(services));
  TRY(PictureServices * pictures, get_pictures(services));
  const auto owner = visible_owner(call.caller);
  TRY(const auto queued,
      pictures->queue.store().list(
          {.owner = owner, .state = JobState::kQueued, .kind = JobKind::kPicture},
          {.limit = kTasksShownMax}));
  TRY(const int count, pictures->queue.store().queued_count(owner));
  Json tasks = Json::array();
  for (const Job& job : queued.rows) tasks.push_back(shown_name(job, *desk));
  return json_answer(Json::object({{"size", count}, {"tasks", std::move(tasks)}}));
}

Result<Reply> get_status(const Call& call, Services& services) {
  TRY(const Desk* const desk, get_desk(services));
  TRY(PictureServices * pictures, get_pictures(services));
  TRY(const auto view, find_current(call, services));
  TRY(const int queued, pictures->queue.store().queued_count(visible_owner(call.caller)));
  const std::int64_t now = services.clock.unix_ms();
  Json body = Json::object({{"status", "idle"},
                            {"task", ""},
                            {"timestamp", nullptr},
                            {"current", ""},
                            {"id", ""},
                            {"job", 0},
                            {"jobs", 0},
                            {"total", 0},
                            {"step", 0},
                            {"steps", 0},
                            {"queued", queued}});
  if (view) {
    body.set("status", status_word(*view, *desk));
    body.set("task", shown_name(view->job, *desk));
    body.set("timestamp", compact_time(view->job.started_ms.value_or(view->job.created_ms)));
    body.set("current", view->progress.phase);
    body.set("id", view->job.id);
    body.set("job", view->job_no);
    body.set("jobs", view->job_count);
    body.set("total", view->job_count);
    body.set("step", view->sampling_step);
    body.set("steps", view->sampling_steps);
  }
  body.set("uptime", (now - desk->opened_ms()) / 1000);
  body.set("elapsed", view ? Json(view->elapsed_s) : Json());
  body.set("eta", view ? Json(view->eta_s) : Json());
  body.set("progress", view ? Json(view->progress.fraction) : Json(0.0));
  return json_answer(body);
}

Result<Reply> interrupt_drawing(const Call& call, Services& services) {
  TRY(Desk * desk, get_desk(services));
  const std::string id = own_running(call, services);
  if (id.empty()) return empty_answer();
  desk->mark(id, Mark::kInterrupted);
  TRY_STATUS(services.pictures->queue.cancel(id, visible_owner(call.caller)));
  return empty_answer();
}

Result<Reply> skip_picture(const Call& call, Services& services) {
  TRY(Desk * desk, get_desk(services));
  const std::string id = own_running(call, services);
  if (id.empty()) return null_answer();
  desk->mark(id, Mark::kSkipped);
  TRY_STATUS(services.pictures->queue.skip(id, visible_owner(call.caller)));
  return null_answer();
}

}  // namespace diptych::sdapi
