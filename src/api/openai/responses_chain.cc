#include "api/openai/responses_chain.h"

#include <fmt/format.h>

#include <iterator>
#include <ranges>
#include <utility>

namespace diptych::openai {
namespace {

constexpr std::string_view kParam = "previous_response_id";

std::unexpected<Error> unusable(std::string message, std::string detail) {
  return fail(ErrorCode::kInvalidArgument, std::move(message), std::string(kParam),
              std::move(detail));
}

Result<ResponseRow> get_ancestor(std::string_view id, std::string_view owner,
                                 ResponseStore& store) {
  auto row = store.get(id, owner);
  if (!row && row.error().code == ErrorCode::kNotFound)
    return unusable(fmt::format("Previous response with id '{}' not found.", id),
                    "previous_response_not_found");
  if (row && row->status != "completed" && row->status != "incomplete")
    return unusable(
        fmt::format("Previous response with id '{}' cannot be continued: its status is '{}'.", id,
                    row->status),
        "invalid_value");
  return row;
}

Status append_items(std::vector<Json>& to, Json items) {
  if (!items.is_array())
    return fail(ErrorCode::kInternal, "A stored response has no list of items.");
  std::ranges::move(items.as_array(), std::back_inserter(to));
  return {};
}

Status append_turn(std::vector<Json>& to, const ResponseRow& row) {
  TRY(Json input, parse_json(row.input_items));
  TRY(Json object, parse_json(row.body));
  TRY_STATUS(append_items(to, std::move(input)));
  return append_items(to, object["output"]);
}

}  // namespace

Result<std::vector<Json>> items_before(std::string_view previous_id, std::string_view owner,
                                       ResponseStore& store) {
  std::vector<ResponseRow> chain;  // newest first
  for (std::string id(previous_id); !id.empty(); id = chain.back().previous_id) {
    if (std::cmp_equal(chain.size(), kChainLengthMax))
      return unusable(
          fmt::format("The chain of previous responses is longer than {}.", kChainLengthMax),
          "invalid_value");
    TRY(auto row, get_ancestor(id, owner, store));
    chain.push_back(std::move(row));
  }
  std::vector<Json> items;
  for (const ResponseRow& row : chain | std::views::reverse) TRY_STATUS(append_turn(items, row));
  return items;
}

Result<std::vector<Json>> input_items_of(const ResponseRow& row, ResponseStore& store) {
  TRY(auto items, items_before(row.previous_id, row.owner, store));
  TRY(Json own, parse_json(row.input_items));
  TRY_STATUS(append_items(items, std::move(own)));
  return items;
}

Result<Json> find_item(std::string_view item_id, std::string_view owner, ResponseStore& store,
                       std::string_view path) {
  const auto row = store.get_by_item(item_id, owner);
  if (row) {
    std::vector<Json> items;
    TRY_STATUS(append_turn(items, *row));
    for (Json& item : items)
      if (item["id"] == Json(item_id)) return std::move(item);
  } else if (row.error().code != ErrorCode::kNotFound) {
    return fail(row.error());
  }
  return fail(ErrorCode::kInvalidArgument, fmt::format("Item with id '{}' not found.", item_id),
              fmt::format("{}.id", path), "item_not_found");
}

std::vector<std::string> item_ids_of(const Json& items) {
  std::vector<std::string> ids;
  for (const Json& item : items.as_array())
    if (item["id"].is_string()) ids.push_back(item["id"].as_string());
  return ids;
}

}  // namespace diptych::openai
