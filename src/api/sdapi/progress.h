#pragma once
// Looking at drawings and stopping them.

#include "api/call.h"
#include "api/field.h"
#include "api/services.h"

namespace diptych::sdapi {

Result<Reply> get_progress(const Call& call, Services& services);       // GET …/progress
Result<Reply> get_task_progress(const Call& call, Services& services);  // POST /internal/progress
Result<Reply> list_pending_tasks(const Call& call,
                                 Services& services);            // GET /internal/pending-tasks
Result<Reply> get_status(const Call& call, Services& services);  // GET …/status
Result<Reply> interrupt_drawing(const Call& call, Services& services);  // POST …/interrupt
Result<Reply> skip_picture(const Call& call, Services& services);       // POST …/skip

extern const BodySchema kTaskProgressSchema;

}  // namespace diptych::sdapi
