#pragma once
// Responses that go on without their caller: every event is in the store before anybody can hear of
// it, so that a reader may leave, come back and resume at any number, also after a restart.

#include <memory>

#include "api/call.h"
#include "api/openai/responses_run.h"
#include "api/services.h"
#include "base/error.h"

namespace diptych::openai {

// Stores the queued response with its first events and hands the run to the background runner.
// Errors leave nothing behind.
Status start_background_response(std::unique_ptr<ResponseRun> run, Services& services);

}  // namespace diptych::openai

namespace diptych {

// At start, before the first call is answered: responses that the last run left unfinished end as
// failed, with a response.failed event that continues their numbers. They are not run again: half
// an answer may have been read already.
Status settle_unfinished_responses(Services& services);

}  // namespace diptych
