#pragma once
// The body of POST /api/v1/jobs.

#include <optional>
#include <string>
#include <vector>

#include "api/call.h"
#include "api/picture_fields.h"
#include "api/picture_order.h"

namespace diptych {

struct JobBody {
  JobTerms terms;
  std::optional<PictureFields> picture;
  Warnings warnings;
};

// Parses and applies the rules between fields, and what the caller may ask for.
Result<JobBody> parse_job(const Call& call);

}  // namespace diptych
