#pragma once
// Server-sent events as OpenAI's clients read them: JSON on one line, no id: lines (they change how
// clients dispatch).

#include <string>
#include <string_view>

#include "api/call.h"

namespace diptych::openai {

void append_sse_data(std::string& out, std::string_view json);  // data: JSON
void append_sse_event(std::string& out, std::string_view type,
                      std::string_view json);  // event: TYPE, data: JSON
void append_sse_done(std::string& out);        // data: [DONE]
void append_sse_error(std::string& out,
                      const Error& error);  // data: {"error":{…}}: a failure after the first byte

// Status 200, content type, cache-control, and how many warnings there are.
Answer sse_head(const Warnings& warnings = {});

}  // namespace diptych::openai
