#include "api/openai/tools.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/openai/responses_image_tool.h"

namespace diptych::openai {
namespace {

using std::string_view;

constexpr std::size_t kToolsMax = 128, kNameMax = 64;
Status parse_name(const Json& value, const FieldSite& site) {
  TRY_STATUS(check_tool_name(value.as_string(), site.path));
  site.into<Tool>().name = value.as_string();
  return {};
}
Status parse_parameters(const Json& value, const FieldSite& site) {
  site.into<Tool>().parameters = dump_json(value);
  return {};
}
Status parse_strict(const Json& value, const FieldSite& site) {
  site.into<Tool>().strict = value.as_bool();
  return {};
}

constexpr Field kFunctionFields[] = {
    {.name = "name",
     .doc = "A letter, digit, underscore or dash each, 64 at most.",
     .types = kString,
     .required = true,
     .parse = parse_name},
    {.name = "description",
     .doc = "What it does, for the model.",
     .types = kString | kNull,
     .parse = set_member<Tool, &Tool::description>},
    {.name = "parameters",
     .doc = "JSON Schema of the arguments.",
     .types = kObject | kNull,
     .parse = parse_parameters},
    {.name = "strict",
     .doc = "Hold the arguments to the schema.",
     .types = kBool | kNull,
     .parse = parse_strict},
};
constexpr FieldGroup kFunctionGroups[] = {{kFunctionFields}};
constexpr BodySchema kFunctionSchema{"FunctionDefinition",
                                     "A function that the model may ask to call.", kFunctionGroups};

constexpr string_view kFunctionType[] = {"function"};
constexpr Field kType{.name = "type", .types = kString, .choices = kFunctionType, .required = true};
constexpr Field kNestedFields[] = {
    kType,
    {.name = "function",
     .types = kObject,
     .required = true,
     .object = &kFunctionSchema,
     .parse = [](const Json& value,
                 const FieldSite& site) { return parse_object(kFunctionSchema, value, site); }},
};
constexpr Field kFlatType[] = {kType};
constexpr FieldGroup kNestedGroups[] = {{kNestedFields}};
constexpr FieldGroup kFlatGroups[] = {{kFlatType}, {kFunctionFields}};
constexpr BodySchema kNestedSchema{"Tool", "A tool that the model may use.", kNestedGroups};
constexpr BodySchema kFlatSchema{"FlatTool", "A tool that the model may use.", kFlatGroups};

// Hosted and custom tools are known words: say that, rather than "invalid value".
Status check_tool_type(const Json& tool, const FieldSite& site) {
  const Json* type = tool.find("type");
  if (type == nullptr || !type->is_string() || type->as_string() == "function") return {};
  return unsupported_value(
      site.path + ".type",
      fmt::format("Unsupported tool type: '{}'. Only 'function' tools are available.",
                  type->as_string()));
}

Status check_unique_names(const std::vector<Tool>& tools, const FieldSite& site) {
  for (std::size_t i = 0; i < tools.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (tools[i].name == tools[j].name)
        return invalid_value(
            site.at(i, nullptr).path,
            fmt::format("Invalid '{}': two tools are called '{}'.", site.path, tools[i].name));
  return {};
}

Status parse_functions(const Json& value, const FieldSite& site) {
  auto& tools = site.into<ToolFields>().functions;
  const auto& items = value.as_array();
  for (std::size_t i = 0; i < items.size(); ++i) {
    Tool tool;
    TRY_STATUS(parse_object(kFunctionSchema, items[i], site.at(i, &tool)));
    tools.push_back(std::move(tool));
  }
  return check_unique_names(tools, site);
}

constexpr Limits kToolCount{.length_max = kToolsMax};

constexpr Field kToolRows[] = {
    {.name = "tools",
     .doc = "Functions that the model may ask to call.",
     .types = kArray | kNull,
     .limits = kToolCount,
     .object = &kNestedSchema,
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       FieldSite inner = site;
       inner.request = &site.into<ToolFields>().tools;
       return parse_tools(value, ToolShape::kNested, inner);
     }},
    {.name = "tool_choice",
     .doc = "none, auto, or allowed_tools with mode auto.",
     .types = kString | kObject | kNull,
     .shown_default = "\"auto\"",
     .parse = set_member<ToolFields, &ToolFields::choice>},
    {.name = "parallel_tool_calls",
     .doc = "false: at most one call in an answer.",
     .types = kBool | kNull,
     .shown_default = "true",
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       site.into<ToolFields>().parallel_given = true;
       site.into<ToolFields>().parallel = value.as_bool();
       return {};
     }},
};

constexpr Field kLegacyRows[] = {
    {.name = "functions",
     .doc = "Legacy form of tools.",
     .types = kArray | kNull,
     .limits = {.length_min = 1, .length_max = kToolsMax},
     .object = &kFunctionSchema,
     .parse = parse_functions},
    {.name = "function_call",
     .doc = "Legacy form of tool_choice.",
     .types = kString | kObject | kNull,
     .parse = set_member<ToolFields, &ToolFields::function_call>},
};

bool has_tool(const std::vector<Tool>& tools, string_view name) {
  return std::ranges::any_of(tools, [&](const Tool& tool) { return tool.name == name; });
}

Result<std::string> name_in(const Json& holder, const std::vector<Tool>& tools,
                            const std::string& path) {
  const Json* name = holder.find("name");
  if (name == nullptr) return missing_parameter(path + ".name");
  if (!name->is_string()) return invalid_type(path + ".name", kString, *name);
  if (!has_tool(tools, name->as_string()))
    return invalid_value(path, fmt::format("Invalid value for '{}': no tool is called '{}'.", path,
                                           name->as_string()));
  return name->as_string();
}

// {"mode": "auto", "tools": [{"type": "function", …name…}]}: the model sees only these.
Status allow_only(const Json& allowed, ToolShape shape, const std::string& path,
                  ChatPromptOptions& prompt) {
  const Json& mode = allowed["mode"];
  static constexpr string_view kModes[] = {"auto", "required"};
  if (!mode.is_string() || std::ranges::find(kModes, mode.as_string()) == std::end(kModes))
    return invalid_choice(path + ".mode", mode.is_string() ? mode.as_string() : dump_json(mode),
                          kModes);
  if (mode.as_string() == "required") prompt.tool_choice = ToolChoice::kRequired;
  const Json& list = allowed["tools"];
  if (!list.is_array()) return invalid_type(path + ".tools", kArray, list);
  std::vector<Tool> kept;
  for (std::size_t i = 0; i < list.as_array().size(); ++i) {
    const Json& item = list[i];
    const std::string at = fmt::format("{}.tools[{}]", path, i);
    TRY(const std::string name,
        name_in(shape == ToolShape::kNested ? item["function"] : item, prompt.tools, at));
    if (!has_tool(kept, name)) kept.push_back(*std::ranges::find(prompt.tools, name, &Tool::name));
  }
  prompt.tools = std::move(kept);
  return {};
}

Status apply_word(string_view word, string_view path, ChatPromptOptions& prompt) {
  static constexpr string_view kWords[] = {"none", "auto", "required"};
  if (std::ranges::find(kWords, word) == std::end(kWords))
    return invalid_choice(path, word, kWords);
  prompt.tool_choice = word == "none"       ? ToolChoice::kNone
                       : word == "required" ? ToolChoice::kRequired
                                            : ToolChoice::kAuto;
  return {};
}

void force(const std::string& name, ChatPromptOptions& prompt) {
  prompt.tool_choice = ToolChoice::kRequired;
  prompt.forced_tool = name;
}

Status apply_choice(const Json& choice, ToolShape shape, ChatPromptOptions& prompt) {
  if (choice.is_string()) return apply_word(choice.as_string(), "tool_choice", prompt);
  const Json& type = choice["type"];
  if (!type.is_string())
    return type.is_null() ? Status(missing_parameter("tool_choice.type"))
                          : Status(invalid_type("tool_choice.type", kString, type));
  const bool nested = shape == ToolShape::kNested;
  if (type.as_string() == "allowed_tools")
    return nested ? allow_only(choice["allowed_tools"], shape, "tool_choice.allowed_tools", prompt)
                  : allow_only(choice, shape, "tool_choice", prompt);
  if (type.as_string() == "function") {
    TRY(const std::string name, name_in(nested ? choice["function"] : choice, prompt.tools,
                                        nested ? "tool_choice.function" : "tool_choice"));
    force(name, prompt);
    return {};
  }
  static constexpr string_view kTypes[] = {"function", "allowed_tools"};
  return invalid_choice("tool_choice.type", type.as_string(), kTypes);
}

Status apply_function_call(const Json& call, ChatPromptOptions& prompt) {
  if (call.is_string()) {
    if (call.as_string() == "none" || call.as_string() == "auto")
      return apply_word(call.as_string(), "function_call", prompt);
    static constexpr string_view kWords[] = {"none", "auto"};
    return invalid_choice("function_call", call.as_string(), kWords);
  }
  TRY(const std::string name, name_in(call, prompt.tools, "function_call"));
  force(name, prompt);
  return {};
}

Status needs(string_view field, string_view needed) {
  return invalid_value(
      field, fmt::format("Invalid value for '{0}': '{0}' is only allowed when '{1}' are specified.",
                         field, needed));
}

}  // namespace

std::span<const Field> tool_rows() { return kToolRows; }
std::span<const Field> legacy_tool_rows() { return kLegacyRows; }

Status check_tool_name(string_view name, string_view path) {
  const bool good =
      !name.empty() && name.size() <= kNameMax && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
      });
  if (good) return {};
  return invalid_value(
      path,
      fmt::format(
          "Invalid '{}': string does not match pattern. Expected a string that matches the pattern "
          "'^[a-zA-Z0-9_-]{{1,64}}$'.",
          path));
}

Status parse_tools(const Json& value, ToolShape shape, const FieldSite& site) {
  auto& tools = site.into<std::vector<Tool>>();
  const auto& items = value.as_array();
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (shape == ToolShape::kFlat && is_image_tool(items[i])) continue;  // responses_image_tool.h
    Tool tool;
    const FieldSite at = site.at(i, &tool);
    TRY_STATUS(check_tool_type(items[i], at));
    TRY_STATUS(
        parse_object(shape == ToolShape::kNested ? kNestedSchema : kFlatSchema, items[i], at));
    tools.push_back(std::move(tool));
  }
  return check_unique_names(tools, site);
}

Status apply_tools(const ToolFields& fields, ToolShape shape, ChatPromptOptions& prompt) {
  if (fields.legacy() && !fields.tools.empty())
    return invalid_value("functions",
                         "'functions' is the legacy form of 'tools'. Give only one of them.");
  if (!fields.function_call.is_null() && !fields.legacy())
    return needs("function_call", "functions");
  if (fields.tools.empty()) {
    const bool asks_nothing =
        fields.choice.is_null() || fields.choice == Json("none") || fields.choice == Json("auto");
    if (!asks_nothing) return needs("tool_choice", "tools");
    if (fields.parallel_given && shape == ToolShape::kNested)
      return needs("parallel_tool_calls", "tools");
  }
  prompt.tools = fields.legacy() ? fields.functions : fields.tools;
  prompt.parallel_tool_calls = fields.parallel && !fields.legacy();
  if (!fields.choice.is_null() && !fields.tools.empty())
    TRY_STATUS(apply_choice(fields.choice, shape, prompt));
  if (!fields.function_call.is_null())
    TRY_STATUS(apply_function_call(fields.function_call, prompt));
  return {};
}

}  // namespace diptych::openai
