#pragma once
// Responses whose caller waits: answered whole, or as a stream of events. They die with their
// connection.

#include <memory>

#include "api/call.h"
#include "api/openai/responses_run.h"
#include "api/services.h"

namespace diptych::openai {

std::unique_ptr<PendingAnswer> answer_response(std::unique_ptr<ResponseRun> run,
                                               Services& services);
std::unique_ptr<ChunkSource> stream_response(std::unique_ptr<ResponseRun> run, Services& services);

}  // namespace diptych::openai
