#pragma once
// Chat completions that were kept (store: true): list, get, change their metadata, delete, list
// their messages.

#include "api/call.h"
#include "api/field.h"
#include "api/services.h"

namespace diptych::openai {

extern const BodySchema kMetadataUpdateSchema;

Result<Reply> list_chat_completions(const Call& call, Services& services);
Result<Reply> get_chat_completion(const Call& call, Services& services);
Result<Reply> update_chat_completion(const Call& call, Services& services);
Result<Reply> delete_chat_completion(const Call& call, Services& services);
Result<Reply> list_chat_messages(const Call& call, Services& services);

}  // namespace diptych::openai
