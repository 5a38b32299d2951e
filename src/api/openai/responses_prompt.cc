#include "api/openai/responses_prompt.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <ranges>
#include <set>
#include <utility>

#include "api/openai/forced_calls.h"
#include "api/openai/prompt.h"
#include "api/openai/responses_chain.h"
#include "api/openai/responses_image_tool.h"
#include "api/openai/responses_items.h"

namespace diptych::openai {
namespace {

constexpr std::string_view kSource = "input";

// This turn's items, with every reference replaced by the item it stands for.
Result<std::vector<Json>> read_input(const ResponseRequest& request, const Call& call,
                                     ResponseStore& store, Warnings& warnings) {
  const FieldSite site{std::string(kSource), nullptr, &warnings};
  TRY(auto input, parse_input(request.input, site));
  std::vector<Json> items;
  for (std::size_t i = 0; i < input.size(); ++i) {
    if (!input[i].reference.empty()) {
      TRY(input[i].item,
          find_item(input[i].reference, call.caller.key_id, store, site.at(i, nullptr).path));
    }
    items.push_back(std::move(input[i].item));
  }
  return items;
}

// Without the first ones; outputs whose call is gone go too.
std::vector<Json> without_oldest(const std::vector<Json>& items, std::size_t count) {
  std::set<std::string> calls;
  std::vector<Json> kept;
  for (const Json& item : items | std::views::drop(count)) {
    if (item["type"] == Json("function_call")) calls.insert(item["call_id"].as_string());
    if (item["type"] == Json("function_call_output") &&
        !calls.contains(item["call_id"].as_string()))
      continue;
    kept.push_back(item);
  }
  return kept;
}

Status render(const ResponseRequest& request, const std::vector<Json>& items,
              PreparedResponse& to) {
  to.generation = {};
  TRY(const auto messages, messages_of(items, request.instructions));
  for (const ChatMessage& message : messages)
    if (message.role == "user") to.user_text = message.content;
  TRY(to.prompt, render_prompt(*to.model, messages, to.options, to.generation));
  return fit_to_context(*to.model,
                        {.token_count_max = request.max_output_tokens,
                         .field = "max_output_tokens",
                         .source = kSource},
                        to.generation);
}

bool is_too_long(const Status& status) {
  return !status && status.error().detail == "context_length_exceeded";
}

// Finds the fewest oldest items to leave out, by halving: rendering is the costly part.
Status render_dropping_oldest(const ResponseRequest& request, const std::vector<Json>& items,
                              PreparedResponse& to, Warnings& warnings) {
  Status status = render(request, items, to);
  if (!is_too_long(status)) return status;
  std::size_t too_few = 0, enough = items.size() - 1;  // the newest item stays
  while (too_few + 1 < enough) {
    const std::size_t middle = too_few + (enough - too_few) / 2;
    (is_too_long(render(request, without_oldest(items, middle), to)) ? too_few : enough) = middle;
  }
  status = render(request, without_oldest(items, enough), to);
  if (status)
    warnings.push_back(
        {"truncation", fmt::format("The context was full: the {} oldest of {} items were left out.",
                                   enough, items.size())});
  return status;
}

// The caller's functions, and the one that asks for a picture unless the choice settles that.
Status offer_tools(const ResponseRequest& request, ChatPromptOptions& options) {
  ToolFields fields = request.tools;
  if (request.force_image) fields.choice = nullptr;
  const bool image_only = request.image_tool && fields.tools.empty();
  if (image_only && fields.choice == Json("none")) options.tool_choice = ToolChoice::kNone;
  if (image_only && !fields.choice.is_string() && !fields.choice.is_null())
    return unsupported_value("tool_choice",
                             "Unsupported value: with 'image_generation' alone, 'tool_choice' is "
                             "'none', 'auto', 'required' or {\"type\": \"image_generation\"}.");
  TRY_STATUS(apply_tools(fields, ToolShape::kFlat, options));
  const bool offered =
      request.image_tool && !request.force_image && options.tool_choice != ToolChoice::kNone;
  for (const Tool& tool : fields.tools)
    if (offered && tool.name == kImageTool)
      return invalid_value("tools",
                           "A function cannot have the name 'image_generation' beside "
                           "the tool of this name.");
  if (offered) options.tools.push_back(image_function());
  return {};
}

}  // namespace

Result<PreparedResponse> prepare_response(const ResponseRequest& request, const Call& call,
                                          Services& services, Warnings& warnings) {
  PreparedResponse prepared;
  TRY(prepared.model, get_text_model(services, request.model));
  TRY(auto items,
      items_before(request.previous_response_id, call.caller.key_id, services.responses));
  TRY(const auto own, read_input(request, call, services.responses, warnings));
  std::ranges::copy(own, std::back_inserter(items));
  prepared.input_items = own;
  prepared.options.add_generation_prompt = request.prompt.add_generation_prompt;
  prepared.options.enable_thinking = request.prompt.enable_thinking;
  prepared.options.template_kwargs = request.prompt.kwargs;
  TRY_STATUS(offer_tools(request, prepared.options));
  if (request.drop_oldest) {
    TRY_STATUS(render_dropping_oldest(request, items, prepared, warnings));
  } else {
    TRY_STATUS(render(request, items, prepared));
  }
  std::ranges::copy(prepared.prompt.warnings, std::back_inserter(warnings));
  GenerationRequest& generation = prepared.generation;
  TRY_STATUS(apply_sampling(request.sampling, *prepared.model, call.caller, generation));
  TRY_STATUS(apply_format(request.format, *prepared.model, generation, warnings));
  TRY_STATUS(
      constrain_calls(prepared.options, prepared.prompt, *prepared.model, generation, warnings));
  generation.top_logprob_count = request.include_logprobs ? request.top_logprobs : -1;
  generation.priority = priority_of_tier(request.caller.service_tier);
  if (!request.background) generation.timeout = services.limits.request_timeout;
  return prepared;
}

}  // namespace diptych::openai
