#include "api/openai/stored_chat.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/openai/list_query.h"
#include "api/openai/sampling_fields.h"

namespace diptych::openai {
namespace {

struct MetadataUpdate {
  CallerFields fields;
};

constexpr Field kUpdateFields[] = {[] {
  Field row = metadata_row([](const Json& value, const FieldSite& site) -> Status {
    FieldSite inner = site;
    inner.request = &site.into<MetadataUpdate>().fields.metadata;
    return parse_metadata(value, inner);
  });
  row.required = true;
  return row;
}()};
constexpr FieldGroup kUpdateGroups[] = {{kUpdateFields}};

Reply json_reply(const Json& json) { return Answer{.body = dump_json(json)}; }

Result<Json> kept_json(const std::string& text) {
  auto json = parse_json(text);
  if (!json)
    return fail(ErrorCode::kInternal, "a stored completion is not JSON: " + json.error().message);
  return std::move(*json);
}

// The stored object with the metadata as it is now.
Result<Json> completion_object(const CompletionRow& row) {
  TRY(Json object, kept_json(row.body));
  Json metadata = Json::object();
  for (const auto& [key, value] : row.metadata) metadata.set(key, value);
  object.set("metadata", std::move(metadata));
  return object;
}

Error not_found(Error error, std::string_view id) {
  if (error.code == ErrorCode::kNotFound && error.param.empty()) {
    error.message = fmt::format("No chat completion found with id '{}'.", id);
    error.param = "id";
  }
  return error;
}

Result<CompletionRow> get_row(const Call& call, Services& services) {
  auto row = services.completions.get(call.param("id"), call.caller.key_id);
  if (!row) return fail(not_found(row.error(), call.param("id")));
  return row;
}

}  // namespace

const BodySchema kMetadataUpdateSchema{"UpdateChatCompletionRequest",
                                       "Only the metadata may change.", kUpdateGroups};

Result<Reply> list_chat_completions(const Call& call, Services& services) {
  static constexpr std::string_view kFilters[] = {"model", "metadata"};
  TRY(ListQuery query, parse_list_query(call, kFilters, true));
  TRY(const auto listing,
      services.completions.list(call.caller.key_id,
                                {.model = query.model, .metadata = query.metadata}, query.page));
  Json::Array data;
  for (const CompletionRow& row : listing.rows) {
    TRY(Json object, completion_object(row));
    data.push_back(std::move(object));
  }
  return json_reply(list_object(std::move(data), listing.has_more));
}

Result<Reply> get_chat_completion(const Call& call, Services& services) {
  TRY(const CompletionRow row, get_row(call, services));
  TRY(const Json object, completion_object(row));
  return json_reply(object);
}

Result<Reply> update_chat_completion(const Call& call, Services& services) {
  MetadataUpdate update;
  Warnings warnings;
  TRY_STATUS(parse_body(kMetadataUpdateSchema, call.body, &update, warnings));
  auto changed = services.completions.set_metadata(call.param("id"), call.caller.key_id,
                                                   update.fields.metadata);
  if (!changed) return fail(not_found(changed.error(), call.param("id")));
  return get_chat_completion(call, services);
}

Result<Reply> delete_chat_completion(const Call& call, Services& services) {
  auto erased = services.completions.erase(call.param("id"), call.caller.key_id);
  if (!erased) return fail(not_found(erased.error(), call.param("id")));
  return json_reply(Json::object(
      {{"object", "chat.completion.deleted"}, {"id", call.param("id")}, {"deleted", true}}));
}

Result<Reply> list_chat_messages(const Call& call, Services& services) {
  TRY(ListQuery query, parse_list_query(call, {}, true));
  TRY(const CompletionRow row, get_row(call, services));
  TRY(Json messages, kept_json(row.messages));
  Json::Array data = std::move(messages.as_array());
  if (!query.page.ascending) std::ranges::reverse(data);
  if (!query.page.after.empty()) {
    const auto at = std::ranges::find_if(
        data, [&](const Json& message) { return message["id"] == Json(query.page.after); });
    if (at == data.end())
      return fail(ErrorCode::kNotFound,
                  fmt::format("No message found with id '{}'.", query.page.after), "after");
    data.erase(data.begin(), at + 1);
  }
  const auto limit = static_cast<std::size_t>(query.page.limit);
  const bool has_more = data.size() > limit;
  if (has_more) data.resize(limit);
  return json_reply(list_object(std::move(data), has_more));
}

}  // namespace diptych::openai
