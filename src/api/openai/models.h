#pragma once
// GET /v1/models, GET and DELETE /v1/models/{id}.

#include "api/call.h"
#include "api/services.h"
#include "base/json.h"

namespace diptych::openai {

Json model_object(const ModelEntry& entry, ModelRegistry& models);  // never loads a model

Result<Reply> list_models(const Call& call, Services& services);
Result<Reply> get_model(const Call& call, Services& services);
Result<Reply> delete_model(const Call& call,
                           Services& services);  // always 403: files are the administrator's

}  // namespace diptych::openai
