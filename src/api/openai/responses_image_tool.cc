#include "api/openai/responses_image_tool.h"

#include <fmt/format.h>

#include <utility>

namespace diptych::openai {
namespace {

constexpr std::string_view kTypes[] = {kImageTool};
constexpr std::string_view kActions[] = {"auto", "generate", "edit"};
constexpr std::string_view kTextOnly =
    "The text model reads no pictures, so there is none to edit; use /v1/images/edits.";

Status check_action(const Json& value, const FieldSite& site) {
  if (value.as_string() != "edit") return {};
  return unsupported_value(site.path, fmt::format("Unsupported value: 'edit'. {}", kTextOnly));
}

constexpr Field kToolRows[] = {
    {.name = "type", .types = kString, .choices = kTypes, .required = true},
    {.name = "action",
     .doc = "auto or generate.",
     .types = kString | kNull,
     .choices = kActions,
     .parse = check_action},
    refused_field("input_fidelity", kTextOnly, "\"low\""),
    refused_field("input_image_mask", kTextOnly),
};
constexpr auto kPicture = part_of<ImageBody, &ImageBody::picture>;
const FieldGroup kToolGroups[] = {{kToolRows},
                                  {picture_model_rows(), kPicture},
                                  {image_output_rows()},
                                  {image_partial_rows()},
                                  {picture_drawing_rows(), kPicture}};
const BodySchema kToolSchema{"ImageGenerationTool", "Pictures drawn by this server.", kToolGroups};

}  // namespace

bool is_image_tool(const Json& tool) { return tool["type"] == Json(kImageTool); }

Result<std::optional<ImageTool>> parse_image_tool(const Json& tools, const FieldSite& site) {
  std::optional<ImageTool> found;
  const Json::Array& items = tools.as_array();
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!is_image_tool(items[i])) continue;
    const FieldSite at = site.at(i, nullptr);
    if (found) return invalid_value(at.path, "'image_generation' is given twice.");
    FieldSite inner = at;
    inner.request = &found.emplace().body;
    TRY_STATUS(parse_object(kToolSchema, items[i], inner));
    TRY_STATUS(check_image_output(found->body));
    for (Warning& warning : std::exchange(found->body.warnings, {}))
      at.warn(std::move(warning.message));
  }
  return found;
}

Json shown_image_tool(const Json& given) {
  Json shown = Json::object({{"type", kImageTool},
                             {"action", "generate"},
                             {"background", "opaque"},
                             {"moderation", "low"},
                             {"n", 1},
                             {"output_compression", 100},
                             {"output_format", "png"},
                             {"partial_images", 0},
                             {"quality", "auto"},
                             {"size", "auto"}});
  for (const auto& [name, value] : given.as_object())
    if (!value.is_null()) shown.set(name, value);
  return shown;
}

Tool image_function() {
  return {.name = std::string(kImageTool),
          .description = "Draws a picture and shows it to the user.",
          .parameters =
              R"({"type":"object","properties":{"prompt":{"type":"string","description":)"
              R"("What the picture shows, in a few English words."}},"required":["prompt"]})"};
}

}  // namespace diptych::openai
