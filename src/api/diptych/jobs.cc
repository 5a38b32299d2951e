#include "api/diptych/jobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "api/diptych/job_fields.h"
#include "api/diptych/job_json.h"
#include "api/diptych/job_poll.h"
#include "api/diptych/query.h"
#include "api/job_answer.h"
#include "api/openai/answer_notes.h"
#include "api/openai/list_query.h"
#include "jobs/job_queue.h"

namespace diptych {
namespace {

// The job as it is now, with what was noticed while it was accepted.
Result<Answer> job_answer(const Job& job, const Warnings& warnings, Services& services) {
  TRY(const std::optional<int> position, services.pictures->queue.store().position(job.id));
  Job told = job;
  told.warnings.insert(told.warnings.begin(), warnings.begin(), warnings.end());
  Answer answer{.body = dump_json(job_object(told, position))};
  openai::add_warning_header(answer, told.warnings);
  return answer;
}

Result<Reply> submit_job(const Call& call, Services& services) {
  TRY_STATUS(get_pictures(services));
  TRY(JobBody body, parse_job(call));
  Warnings warnings = std::move(body.warnings);
  // A seed by chance must be the same when the request comes again: the key decides it.
  Call keyed{.headers = call.headers, .caller = call.caller};
  if (!body.terms.idempotency_key.empty() && call.header("idempotency-key").empty())
    keyed.headers.emplace_back("idempotency-key", body.terms.idempotency_key);
  auto order = make_picture_order(std::move(*body.picture), keyed, services);
  if (!order) {
    Error error = order.error();
    if (!error.param.empty() && !error.param.starts_with("picture."))
      error.param.insert(0, "picture.");
    return fail(std::move(error));
  }
  TRY(const Submitted submitted,
      submit_picture_order(*order, std::move(body.terms), keyed, services));
  std::ranges::move(order->warnings, std::back_inserter(warnings));
  TRY(Answer answer, job_answer(submitted.job, warnings, services));
  answer.status = submitted.is_new ? 202 : 200;
  answer.headers.emplace_back("location", fmt::format("/api/v1/jobs/{}", submitted.job.id));
  return Reply(std::move(answer));
}

struct JobQuery {
  JobFilter filter;
  PageFields page;
};

constexpr std::string_view kStates[] = {"queued", "running",   "succeeded",
                                        "failed", "cancelled", "expired"};
constexpr std::string_view kKinds[] = {"picture", "upscale", "text"};

constexpr Field kFilterRows[] = {
    {.name = "state",
     .types = kString,
     .choices = kStates,
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       site.into<JobQuery>().filter.state = find_job_state(value.as_string());
       return {};
     }},
    {.name = "kind",
     .types = kString,
     .choices = kKinds,
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       site.into<JobQuery>().filter.kind = find_job_kind(value.as_string());
       return {};
     }},
};
const FieldGroup kQueryGroups[] = {{kFilterRows},
                                   {page_rows(), part_of<JobQuery, &JobQuery::page>}};
const BodySchema kQuerySchema{"JobListQuery", "Which jobs.", kQueryGroups};

std::optional<int> place_in(const std::vector<std::string>& waiting, const std::string& id) {
  const auto found = std::ranges::find(waiting, id);
  if (found == waiting.end()) return std::nullopt;
  return static_cast<int>(found - waiting.begin());
}

Result<Reply> list_jobs(const Call& call, Services& services) {
  TRY(PictureServices * pictures, get_pictures(services));
  JobQuery query;
  Warnings warnings;
  TRY_STATUS(parse_query(kQuerySchema, call, &query, warnings));
  query.filter.owner = visible_owner(call.caller);
  JobStore& store = pictures->queue.store();
  TRY(const Listing<Job> listing, store.list(query.filter, query.page.page));
  std::vector<std::string> waiting;
  if (std::ranges::find(listing.rows, JobState::kQueued, &Job::state) != listing.rows.end()) {
    TRY(waiting, store.queue_order());
  }
  Json::Array data;
  for (const Job& job : listing.rows) data.push_back(job_object(job, place_in(waiting, job.id)));
  return Reply(Answer{.body = dump_json(openai::list_object(std::move(data), listing.has_more))});
}

// What the job is after `act` on it.
template <class Act>
Result<Reply> act_on_job(const Call& call, Services& services, Act act) {
  TRY(PictureServices * pictures, get_pictures(services));
  const std::string_view id = call.param("id");
  const auto owner = visible_owner(call.caller);
  if (const auto done = act(pictures->queue, id, owner); !done) return fail(done.error());
  TRY(const Job job, pictures->queue.get(id, owner));
  TRY(Answer answer, job_answer(job, {}, services));
  return Reply(std::move(answer));
}

Result<Reply> cancel_job(const Call& call, Services& services) {
  return act_on_job(call, services, [](JobQueue& queue, std::string_view id, const auto& owner) {
    return queue.cancel(id, owner);
  });
}

Result<Reply> skip_picture(const Call& call, Services& services) {
  return act_on_job(call, services, [](JobQueue& queue, std::string_view id, const auto& owner) {
    return queue.skip(id, owner);
  });
}

Result<Reply> delete_job(const Call& call, Services& services) {
  TRY(PictureServices * pictures, get_pictures(services));
  const std::string_view id = call.param("id");
  TRY_STATUS(pictures->queue.erase(id, visible_owner(call.caller)));
  return Reply(
      Answer{.body = dump_json(Json::object({{"id", id}, {"object", "job"}, {"deleted", true}}))});
}

const Route kRoutes[] = {
    {"POST", "/api/v1/jobs", Scope::kInference, Cost::kWork, submit_job,
     "Put a job into the queue; the answer does not wait for it.", &kJobSchema,
     ErrorStyle::kDiptych},
    {"GET", "/api/v1/jobs", Scope::kInference, Cost::kWork, list_jobs,
     "The caller's jobs, the newest first; by state and kind.", nullptr, ErrorStyle::kDiptych},
    {"GET", "/api/v1/jobs/{id}", Scope::kInference, Cost::kWork, get_job,
     "One job; with wait_ms, when there is news of it.", nullptr, ErrorStyle::kDiptych},
    {"POST", "/api/v1/jobs/{id}/cancel", Scope::kInference, Cost::kWork, cancel_job,
     "Cancel a job; one that runs stops within a step.", nullptr, ErrorStyle::kDiptych},
    {"POST", "/api/v1/jobs/{id}/skip", Scope::kInference, Cost::kWork, skip_picture,
     "Go on with the next picture of a running job.", nullptr, ErrorStyle::kDiptych},
    {"DELETE", "/api/v1/jobs/{id}", Scope::kInference, Cost::kWork, delete_job,
     "Forget a job that has ended.", nullptr, ErrorStyle::kDiptych},
};

}  // namespace

std::span<const Route> job_routes() { return kRoutes; }

}  // namespace diptych
