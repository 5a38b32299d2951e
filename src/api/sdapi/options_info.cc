// The options as SD.Next's pages want them described.
#include "api/sdapi/answers.h"
#include "api/sdapi/models.h"
#include "api/sdapi/options.h"

namespace diptych::sdapi {
namespace {

std::string_view type_of(JsonTypes types) {
  if (types & kBool) return "boolean";
  if (types & (kInteger | kNumber)) return "number";
  return types & kArray ? "array" : "string";
}

std::string_view component_of(const Field& field) {
  if (field.types & kBool) return "Checkbox";
  if (!field.choices.empty()) return "Dropdown";
  const bool bounded = field.limits.max < Limits{}.max;
  if (field.types & (kInteger | kNumber)) return bounded ? "Slider" : "Number";
  return "Textbox";
}

Json arguments_of(const Field& field) {
  Json arguments = Json::object();
  if (field.limits.min > Limits{}.min) arguments.set("minimum", field.limits.min);
  if (field.limits.max < Limits{}.max) arguments.set("maximum", field.limits.max);
  if (field.types & kInteger) arguments.set("step", 1);
  if (field.choices.empty()) return arguments;
  Json choices = Json::array();
  for (const std::string_view choice : field.choices) choices.push_back(choice);
  arguments.set("choices", std::move(choices));
  return arguments;
}

Json option_json(const Field& field) {
  const bool idle = field.support != Support::kHonoured;
  return Json::object({{"label", field.doc.empty() ? field.name : field.doc},
                       {"section_id", "pictures"},
                       {"section_title", "Pictures"},
                       {"visible", !idle},
                       {"hidden", idle},
                       {"type", type_of(field.types)},
                       {"component", component_of(field)},
                       {"component_args", arguments_of(field)},
                       {"default", parse_json(field.shown_default).value_or(Json())},
                       {"is_legacy", false},
                       {"is_secret", false}});
}

}  // namespace

Result<Reply> describe_options(const Call&, Services&) {
  Json options = Json::object();
  for (const FieldGroup& group : kOptionsSchema.groups)
    for (const Field& field : group.fields) options.set(field.name, option_json(field));
  const Json section = Json::object({{"id", "pictures"}, {"title", "Pictures"}, {"hidden", false}});
  return json_answer(
      Json::object({{"options", std::move(options)}, {"sections", Json::array({section})}}));
}

}  // namespace diptych::sdapi
