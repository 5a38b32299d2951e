#pragma once
// What Diptych adds to an answer: times, warnings and their count in a header.

#include <string>

#include "api/call.h"
#include "base/error.h"
#include "text/generation.h"

namespace diptych::openai {

// {"queue_ms","prefill_ms","decode_ms"} and, if there are any, "warnings":[{"param","message"}]:
// the value of "x_diptych".
std::string diptych_note(const GenerationTimes& times, const Warnings& warnings);

void add_warning_header(Answer& answer,
                        const Warnings& warnings);  // x-diptych-warnings: N, when N > 0

}  // namespace diptych::openai
