#pragma once
// The front door is one table of routes (api/routes.cc). http/ matches a request against it, checks
// the scope and calls the handler.

#include <span>
#include <string_view>

#include "api/call.h"
#include "api/services.h"

namespace diptych {

enum class Scope {
  kNone,
  kInference,
  kMetrics,
  kAdmin
};  // kNone: open even when keys are required (/health). Admin keys may do everything
enum class Cost {
  kCheap,
  kWork
};  // kCheap: answered on the I/O thread at once (memory look-ups only); kWork: on a handler thread
enum class ErrorStyle { kOpenAi, kDiptych, kSdapi };

using Handler = Result<Reply> (*)(
    const Call& call,
    Services& services);  // may block on disk or model load, never on a generation

struct BodySchema;  // api/field.h: the field table of the request, for the OpenAPI document;
                    // nullptr: no body

struct Route {
  std::string_view method, path;  // "/v1/responses/{id}/cancel"; {name...} matches slashes too
  Scope scope;
  Cost cost;
  Handler handler;
  std::string_view summary;  // one line, for the OpenAPI document
  const BodySchema* body = nullptr;
  ErrorStyle errors = ErrorStyle::kOpenAi;
};

std::span<const Route> all_routes();

// The table that maps an Error to an HTTP answer in the given style (api/error_status.cc), with
// retry headers.
Answer error_answer(const Error& error, ErrorStyle style, std::string_view request_id);

}  // namespace diptych
