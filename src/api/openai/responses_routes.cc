#include "api/openai/responses_routes.h"

#include "api/openai/responses_create.h"
#include "api/openai/responses_request.h"
#include "api/openai/responses_stored.h"

namespace diptych::openai {
namespace {

const Route kRoutes[] = {
    {.method = "POST",
     .path = "/v1/responses",
     .scope = Scope::kInference,
     .cost = Cost::kWork,
     .handler = create_response,
     .summary = "Answer a turn: whole, as a stream of events, or in the background.",
     .body = &kResponseSchema},
    {.method = "POST",
     .path = "/v1/responses/input_tokens",
     .scope = Scope::kInference,
     .cost = Cost::kWork,
     .handler = count_input_tokens,
     .summary = "Count the tokens of a turn without answering it.",
     .body = &kResponseSchema},
    {.method = "GET",
     .path = "/v1/responses/{response_id}",
     .scope = Scope::kInference,
     .cost = Cost::kWork,
     .handler = get_response,
     .summary = "A stored response, or its events from starting_after on."},
    {.method = "DELETE",
     .path = "/v1/responses/{response_id}",
     .scope = Scope::kInference,
     .cost = Cost::kWork,
     .handler = delete_response,
     .summary = "Forget a response; one that still runs is cancelled."},
    {.method = "POST",
     .path = "/v1/responses/{response_id}/cancel",
     .scope = Scope::kInference,
     .cost = Cost::kWork,
     .handler = cancel_response,
     .summary = "Stop a background response."},
    {.method = "GET",
     .path = "/v1/responses/{response_id}/input_items",
     .scope = Scope::kInference,
     .cost = Cost::kWork,
     .handler = list_input_items,
     .summary = "The items that a response was made from, newest first."},
};

}  // namespace

std::span<const Route> responses_routes() { return kRoutes; }

}  // namespace diptych::openai
