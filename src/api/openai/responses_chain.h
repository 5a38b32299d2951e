#pragma once
// What came before a turn: the stored responses that it continues, oldest first.

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "jobs/stores.h"

namespace diptych::openai {

inline constexpr int kChainLengthMax = 10'000;  // a longer one does not fit any context

// All items of `id` and its ancestors in order: each turn's input, then its output. 400
// previous_response_not_found when one is missing or belongs to somebody else; 400 when one has not
// ended in an answer.
Result<std::vector<Json>> items_before(std::string_view previous_id, std::string_view owner,
                                       ResponseStore& store);

// The items that a stored response was made from: those of its ancestors, then its own input.
Result<std::vector<Json>> input_items_of(const ResponseRow& row, ResponseStore& store);

// A stored item, of any response of this owner. `path` names the reference, for the error.
Result<Json> find_item(std::string_view item_id, std::string_view owner, ResponseStore& store,
                       std::string_view path);

// The ids of items, for the store's index.
std::vector<std::string> item_ids_of(const Json& items);

}  // namespace diptych::openai
