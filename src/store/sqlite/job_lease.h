#pragma once
// Who is next, and the shares that decide it. Within the caller's transaction.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "jobs/fair_order.h"
#include "jobs/job_store.h"
#include "store/sqlite/connection.h"

namespace diptych::sqlite {

Result<std::optional<Lease>> lease_next(Connection& db, std::span<const JobKind> kinds,
                                        const Clock& clock);
// Once a job has ended: what its owner was charged becomes what it really took.
Status settle_share(Connection& db, const Job& job, std::int64_t pixel_steps);

Result<std::vector<std::string>> order_of_queue(Connection& db);

}  // namespace diptych::sqlite
