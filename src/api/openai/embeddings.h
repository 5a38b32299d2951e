#pragma once
// POST /v1/embeddings.

#include "api/call.h"
#include "api/field.h"
#include "api/services.h"

namespace diptych::openai {

extern const BodySchema kEmbeddingsSchema;

Result<Reply> create_embeddings(const Call& call, Services& services);

}  // namespace diptych::openai
