#include "api/openai/list_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "api/field.h"

namespace diptych::openai {
namespace {

constexpr std::string_view kMetadata = "metadata";
constexpr int kLimitMax = 100;

Result<int> parse_limit(const std::string& text) {
  int limit = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, limit);
  if (error != std::errc{} || stop != end) return invalid_type("limit", kInteger, Json(text));
  static constexpr Field kRow{
      .name = "limit", .types = kInteger, .limits = {.min = 1, .max = kLimitMax}};
  TRY_STATUS(check_value(kRow, Json(limit), "limit"));
  return limit;
}

}  // namespace

Result<ListQuery> parse_list_query(const Call& call, std::span<const std::string_view> offered,
                                   bool ascending_default) {
  const auto offers = [&](std::string_view name) {
    return std::ranges::find(offered, name) != offered.end();
  };
  ListQuery query{.page = {.ascending = ascending_default}};
  for (const auto& [name, value] : call.query) {
    if (name == "limit") {
      TRY(query.page.limit, parse_limit(value));
    } else if (name == "after") {
      query.page.after = value;
    } else if (name == "order") {
      static constexpr std::string_view kOrders[] = {"asc", "desc"};
      if (value != "asc" && value != "desc") return invalid_choice("order", value, kOrders);
      query.page.ascending = value == "asc";
    } else if (name == "model" && offers("model")) {
      query.model = value;
    } else if (name.starts_with("metadata[") && name.ends_with("]") && offers(kMetadata)) {
      query.metadata.emplace_back(
          name.substr(kMetadata.size() + 1, name.size() - kMetadata.size() - 2), value);
    } else {
      return unknown_parameter(name);
    }
  }
  return query;
}

Json list_object(Json::Array data, bool has_more) {
  const Json first = data.empty() ? Json() : data.front()["id"];
  const Json last = data.empty() ? Json() : data.back()["id"];
  return Json::object({{"object", "list"},
                       {"data", std::move(data)},
                       {"first_id", first},
                       {"last_id", last},
                       {"has_more", has_more}});
}

}  // namespace diptych::openai
