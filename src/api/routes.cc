#include <vector>

#include "api/diptych/blobs.h"
#include "api/diptych/discovery.h"
#include "api/diptych/events.h"
#include "api/diptych/gallery.h"
#include "api/diptych/health.h"
#include "api/diptych/jobs.h"
#include "api/diptych/socket.h"
#include "api/diptych/state.h"
#include "api/openai/chat.h"
#include "api/openai/chat_fields.h"
#include "api/openai/completion_fields.h"
#include "api/openai/completions.h"
#include "api/openai/embeddings.h"
#include "api/openai/files.h"
#include "api/openai/images.h"
#include "api/openai/models.h"
#include "api/openai/responses_routes.h"
#include "api/openai/stored_chat.h"
#include "api/route.h"
#include "api/sdapi/routes.h"

namespace diptych {
namespace {

using openai::kChatSchema;
using openai::kCompletionSchema;
using openai::kEmbeddingsSchema;
using openai::kMetadataUpdateSchema;

constexpr Route kRoutes[] = {
    {"GET", "/health", Scope::kNone, Cost::kCheap, get_health, "Is the server well, and how busy?"},
    {"GET", "/metrics", Scope::kMetrics, Cost::kCheap, get_metrics, "Counters for Prometheus."},
    {"GET", "/openapi.json", Scope::kNone, Cost::kWork, get_openapi, "This document."},
    {"GET", "/api/v1/capabilities", Scope::kInference, Cost::kWork, get_capabilities,
     "Models, samplers, limits, and which fields are honoured."},
    {"GET", "/api/v1/state", Scope::kInference, Cost::kWork, get_state,
     "What waits, what runs, which models are in memory.", nullptr, ErrorStyle::kDiptych},
    {"GET", "/api/v1/ws", Scope::kInference, Cost::kCheap, open_socket,
     "What happens to jobs, over a WebSocket.", nullptr, ErrorStyle::kDiptych},
    {"GET", "/v1/models", Scope::kInference, Cost::kCheap, openai::list_models, "List the models."},
    {"GET", "/v1/models/{id...}", Scope::kInference, Cost::kCheap, openai::get_model, "One model."},
    {"DELETE", "/v1/models/{id...}", Scope::kInference, Cost::kCheap, openai::delete_model,
     "Refused: models belong to the server."},
    {"POST", "/v1/chat/completions", Scope::kInference, Cost::kWork, openai::create_chat_completion,
     "Continue a conversation.", &kChatSchema},
    {"GET", "/v1/chat/completions", Scope::kInference, Cost::kWork, openai::list_chat_completions,
     "List the stored chat completions."},
    {"GET", "/v1/chat/completions/{id}", Scope::kInference, Cost::kWork,
     openai::get_chat_completion, "One stored chat completion."},
    {"POST", "/v1/chat/completions/{id}", Scope::kInference, Cost::kWork,
     openai::update_chat_completion, "Change the metadata of a stored chat completion.",
     &kMetadataUpdateSchema},
    {"DELETE", "/v1/chat/completions/{id}", Scope::kInference, Cost::kWork,
     openai::delete_chat_completion, "Delete a stored chat completion."},
    {"GET", "/v1/chat/completions/{id}/messages", Scope::kInference, Cost::kWork,
     openai::list_chat_messages, "The messages that a stored chat completion answered."},
    {"POST", "/v1/completions", Scope::kInference, Cost::kWork, openai::create_completion,
     "Continue a text.", &kCompletionSchema},
    {"POST", "/v1/embeddings", Scope::kInference, Cost::kWork, openai::create_embeddings,
     "Turn texts into vectors.", &kEmbeddingsSchema},
};

}  // namespace

std::span<const Route> all_routes() {
  static const std::vector<Route> kAll = [] {
    std::vector<Route> all(std::begin(kRoutes), std::end(kRoutes));
    for (const std::span<const Route> family :
         {openai::responses_routes(), openai::images_routes(), openai::files_routes(), job_routes(),
          event_routes(), gallery_routes(), blob_routes(), sdapi::sdapi_routes()})
      all.insert(all.end(), family.begin(), family.end());
    return all;
  }();
  return kAll;
}

}  // namespace diptych
