#include "store/testing/job_life.h"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <utility>

#include "base/check.h"
#include "base/json.h"

namespace diptych::testing {
namespace {

constexpr std::array kPictures{JobKind::kPicture};

template <class T>
T value_of(Result<T> result) {
  if (!result) fmt::print(stderr, "{}\n", result.error().message);
  CHECK(result);
  return *std::move(result);
}

}  // namespace

NewJob picture_job(std::string owner, std::string prompt, std::int64_t seed) {
  NewJob job;
  job.owner = std::move(owner);
  job.model = "emoji";
  job.request = dump_json(Json::object(
      {{"model", "emoji"}, {"request", Json::object({{"prompt", prompt}, {"seed", seed}})}}));
  return job;
}

std::string submit_job(SqliteStore& store, const NewJob& job) {
  return value_of(store.jobs().submit(job, {})).job.id;
}

Lease lease_job(SqliteStore& store) {
  auto lease = value_of(store.jobs().lease(kPictures));
  CHECK(lease);
  return *std::move(lease);
}

JobOutcome drawn(SqliteStore& store, const Lease& lease, const std::vector<std::string>& files) {
  const auto request = parse_json(lease.job.spec.request);
  const Json inner = request ? (*request)["request"] : Json();
  JobOutcome outcome;
  for (const std::string& file : files) {
    JobOutput output;
    output.blob = value_of(store.blobs().put(file));
    output.content_type = "image/png";
    output.metadata = dump_json(Json::object({{"prompt", inner["prompt"]},
                                              {"seed", inner["seed"]},
                                              {"width", 8},
                                              {"height", 8},
                                              {"infotext", "Steps: 4"}}));
    outcome.outputs.push_back(std::move(output));
  }
  return outcome;
}

Job run_job(SqliteStore& store, const NewJob& job, const std::vector<std::string>& files) {
  const std::string id = submit_job(store, job);
  const Lease lease = lease_job(store);
  CHECK(lease.job.id == id);
  value_of(store.jobs().finish(lease, drawn(store, lease, files), {}));
  return value_of(store.jobs().get(id));
}

}  // namespace diptych::testing
