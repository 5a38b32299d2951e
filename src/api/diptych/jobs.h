#pragma once
// /api/v1/jobs: submit, list, look, wait, cancel, skip, delete.

#include <span>

#include "api/route.h"

namespace diptych {

struct BodySchema;
extern const BodySchema kJobSchema;

std::span<const Route> job_routes();

}  // namespace diptych
