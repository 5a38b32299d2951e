#include "api/openai/responses_stored.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>
#include <vector>

#include "api/background.h"
#include "api/field.h"
#include "api/openai/list_query.h"
#include "api/openai/responses_chain.h"
#include "api/openai/responses_follow.h"
#include "api/openai/responses_object.h"
#include "api/openai/responses_request.h"
#include "api/openai/sse.h"

namespace diptych::openai {
namespace {

using std::string_view;

Result<ResponseRow> get_row(const Call& call, Services& services) {
  return services.responses.get(call.param("response_id"), call.caller.key_id);
}

Reply json_reply(std::string body) {
  Answer answer;
  answer.body = std::move(body);
  return answer;
}

Result<bool> query_bool(const Call& call, string_view name) {
  const auto value = call.query_value(name);
  if (!value || *value == "false") return false;
  if (*value == "true") return true;
  static constexpr string_view kBools[] = {"true", "false"};
  return invalid_choice(name, *value, kBools);
}

Result<std::int64_t> query_starting_after(const Call& call) {
  constexpr string_view kName = "starting_after";
  const auto text = call.query_value(kName);
  if (!text) return -1;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size() || number < 0)
    return invalid_value(
        kName,
        fmt::format("Invalid 'starting_after': expected a sequence number, but got '{}'.", *text));
  return number;
}

bool is_include(string_view name) { return name == "include" || name == "include[]"; }

Status check_query(const Call& call, std::span<const string_view> known) {
  for (const auto& [name, value] : call.query) {
    if (is_include(name)) {
      TRY_STATUS(check_include(value, "include"));
    } else if (std::ranges::find(known, name) == known.end()) {
      return unknown_parameter(name);
    }
  }
  return {};
}

Result<Reply> follow(const ResponseRow& row, std::int64_t after, Services& services) {
  if (!row.background)
    return invalid_value(
        "stream",
        fmt::format("Response '{}' cannot be streamed: only the events of background responses "
                    "are kept.",
                    row.id));
  return Reply(StreamedAnswer{sse_head(), follow_response(row.id, row.owner, after, services)});
}

// The runner has ended the response, or it had ended before; whatever is left unfinished belongs to
// nobody.
Result<ResponseRow> settle_cancelled(const Call& call, Services& services) {
  TRY(auto row, get_row(call, services));
  if (is_final_status(row.status)) return row;
  TRY(Json object, parse_json(row.body));
  set_cancelled(object, object["output"]);
  row.status = "cancelled";
  row.body = dump_json(object);
  TRY_STATUS(services.responses.update(
      {.id = row.id, .status = row.status, .body = row.body, .events = {}, .item_ids = {}}));
  return row;
}

Result<Json> page_of(std::vector<Json> items, const Page& page) {
  if (!page.ascending) std::ranges::reverse(items);
  auto first = items.begin();
  if (!page.after.empty()) {
    first = std::ranges::find_if(items,
                                 [&](const Json& item) { return item["id"] == Json(page.after); });
    if (first == items.end())
      return fail(ErrorCode::kNotFound, fmt::format("No item found with id '{}'.", page.after),
                  "after");
    ++first;
  }
  const auto left = items.end() - first;
  const auto last = first + std::min<std::ptrdiff_t>(left, page.limit);
  return list_object(Json::Array(std::move_iterator(first), std::move_iterator(last)),
                     last != items.end());
}

}  // namespace

Result<Reply> get_response(const Call& call, Services& services) {
  static constexpr string_view kQuery[] = {"stream", "starting_after", "include_obfuscation"};
  TRY_STATUS(check_query(call, kQuery));
  TRY(const bool stream, query_bool(call, "stream"));
  TRY(const std::int64_t after, query_starting_after(call));
  if (!stream && call.query_value("starting_after"))
    return invalid_value("starting_after",
                         "'starting_after' is only allowed when 'stream' is true.");
  TRY(const auto row, get_row(call, services));
  if (stream) return follow(row, after, services);
  return json_reply(row.body);
}

Result<Reply> delete_response(const Call& call, Services& services) {
  TRY(const auto row, get_row(call, services));
  if (!is_final_status(row.status)) (void)services.background.cancel(row.id);
  TRY_STATUS(services.responses.erase(row.id, row.owner));
  return json_reply(
      dump_json(Json::object({{"id", row.id}, {"object", "response"}, {"deleted", true}})));
}

Result<Reply> cancel_response(const Call& call, Services& services) {
  TRY(auto row, get_row(call, services));
  if (!row.background)
    return invalid_value(
        "response_id",
        fmt::format("Response '{}' cannot be cancelled: only background responses can.", row.id));
  if (!is_final_status(row.status)) {
    (void)services.background.cancel(row.id);  // false: it ended in the meantime
    TRY(row, settle_cancelled(call, services));
  }
  return json_reply(std::move(row.body));
}

Result<Reply> list_input_items(const Call& call, Services& services) {
  Call page_call{.query = call.query};
  std::erase_if(page_call.query, [](const auto& parameter) { return is_include(parameter.first); });
  TRY(const ListQuery query, parse_list_query(page_call, {}, /*ascending_default=*/false));
  for (const auto& [name, value] : call.query)
    if (is_include(name)) TRY_STATUS(check_include(value, "include"));
  TRY(const auto row, get_row(call, services));
  TRY(auto items, input_items_of(row, services.responses));
  TRY(const Json page, page_of(std::move(items), query.page));
  return json_reply(dump_json(page));
}

}  // namespace diptych::openai
