#pragma once
// Responses whose caller waits: answered whole, or as a stream of events. They die with their
// connection.

#include <memory>

#include "api/call.h"
#include "api/openai/responses_run.h"
#include "jobs/stores.h"

namespace diptych::openai {

std::unique_ptr<PendingAnswer> answer_response(std::unique_ptr<ResponseRun> run,
                                               ResponseStore& store);
std::unique_ptr<ChunkSource> stream_response(std::unique_ptr<ResponseRun> run,
                                             ResponseStore& store);

}  // namespace diptych::openai
