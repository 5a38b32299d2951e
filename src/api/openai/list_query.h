#pragma once
// The query of list calls (limit, order, after, metadata[k], …) and the shape of their answers.

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/call.h"
#include "base/json.h"
#include "jobs/stores.h"

namespace diptych::openai {

struct ListQuery {
  Page page;
  std::string model;                                          // filters, where the call offers them
  std::vector<std::pair<std::string, std::string>> metadata;  // metadata[k]=v
};

// `offered`: names beside limit, order and after, e.g. "model", "metadata". Anything else is 400
// unknown_parameter.
Result<ListQuery> parse_list_query(const Call& call, std::span<const std::string_view> offered,
                                   bool ascending_default);

// {object:"list", data, first_id, last_id, has_more}; ids are the items' "id".
Json list_object(Json::Array data, bool has_more);

}  // namespace diptych::openai
