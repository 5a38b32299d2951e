#include "api/diptych/job_fields.h"

#include <fmt/format.h>

#include "api/diptych/jobs.h"
#include "api/job_answer.h"

namespace diptych {
namespace {

constexpr std::string_view kKinds[] = {"picture"};
constexpr std::string_view kPriorities[] = {"batch", "normal", "high"};
constexpr std::size_t kDependenciesMax = 64, kKeyMax = 255;
constexpr double kTimeoutMaxMs = 7 * 24 * 3'600'000.0;

Status parse_picture(const Json& value, const FieldSite& site) {
  FieldSite inner = site;
  inner.request = &site.into<JobBody>().picture.emplace();
  return parse_object(kPictureSchema, value, inner);
}

Status parse_dependencies(const Json& value, const FieldSite& site) {
  for (const Json& id : value.as_array())
    site.into<JobTerms>().depends_on.push_back(id.as_string());
  return {};
}

constexpr Field kKindRows[] = {
    {.name = "kind",
     .doc = "What is to be done.",
     .types = kString,
     .choices = kKinds,
     .shown_default = "\"picture\""},
    {.name = "picture",
     .types = kObject,
     .required = true,
     .object = &kPictureSchema,
     .parse = parse_picture},
};

constexpr Field kTermRows[] = {
    {.name = "priority",
     .doc = "high needs the scope admin where keys are required.",
     .types = kString | kNull,
     .choices = kPriorities,
     .shown_default = "\"normal\"",
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       site.into<JobTerms>().priority = *find_job_priority(value.as_string());
       return {};
     }},
    {.name = "timeout_ms",
     .doc = "Of running time; past it the job ends as expired.",
     .types = kInteger | kNull,
     .limits = {.min = 1, .max = kTimeoutMaxMs},
     .parse = set_member<JobTerms, &JobTerms::timeout_ms>},
    {.name = "depends_on",
     .doc = "Ids of jobs that must have succeeded before; if one does not, this one fails.",
     .types = kArray | kNull,
     .limits = {.length_max = kDependenciesMax},
     .item_types = kString,
     .parse = parse_dependencies},
    {.name = "idempotency_key",
     .doc = "The same key again answers the same job. Also the header Idempotency-Key.",
     .types = kString | kNull,
     .limits = {.length_max = kKeyMax},
     .parse = set_member<JobTerms, &JobTerms::idempotency_key>},
};

const FieldGroup kJobGroups[] = {{kKindRows}, {kTermRows, part_of<JobBody, &JobBody::terms>}};

}  // namespace

const BodySchema kJobSchema{"JobRequest", "Work for the queue.", kJobGroups};

Result<JobBody> parse_job(const Call& call) {
  JobBody body;
  TRY_STATUS(parse_body(kJobSchema, call.body, &body, body.warnings));
  if (body.terms.priority == JobPriority::kHigh && visible_owner(call.caller))
    return fail(ErrorCode::kForbidden, "Priority 'high' needs a key with the scope 'admin'.",
                "priority");
  if (!body.terms.idempotency_key.empty() && !call.header("idempotency-key").empty() &&
      body.terms.idempotency_key != call.header("idempotency-key"))
    return invalid_value("idempotency_key",
                         "'idempotency_key' and the header Idempotency-Key differ.");
  return body;
}

}  // namespace diptych
