#pragma once
// From the fields of a picture to a job in the queue: model and its defaults, seed, pictures it
// starts from.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/call.h"
#include "api/picture_fields.h"
#include "api/services.h"
#include "jobs/job.h"
#include "jobs/job_store.h"
#include "jobs/pictures/picture_catalog.h"
#include "jobs/pictures/picture_job.h"

namespace diptych {

struct PictureOrder {
  PictureJob job;
  PictureModelEntry model;
  std::vector<std::string> blobs;  // that the job needs
  Warnings warnings;
};

struct JobTerms {  // how a job is treated, whatever it does
  JobPriority priority = JobPriority::kNormal;
  std::optional<std::int64_t> timeout_ms;
  std::vector<std::string> depends_on;
  std::string idempotency_key;
};

// The model that a request names, or the default one: 404 model_not_found.
Result<PictureModelEntry> find_picture_model(std::string_view model, PictureServices& pictures);

// Decodes and keeps the pictures that the fields bring. May wait for the disk. `call` says who
// asks, and its Idempotency-Key stands for a seed that was not given: the same request twice is
// then the same job.
Result<PictureOrder> make_picture_order(PictureFields fields, const Call& call, Services& services);

// 429 with Retry-After when the queue is full.
Result<Submitted> submit_picture_order(const PictureOrder& order, JobTerms terms, const Call& call,
                                       Services& services);

// Drawing names fields as A1111's interface does; this is the error with the name of our row.
Error in_field_words(Error error);

// The request header Idempotency-Key, checked; "" when there is none.
Result<std::string> idempotency_key_of(const Call& call);

}  // namespace diptych
