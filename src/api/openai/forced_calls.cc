#include "api/openai/forced_calls.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/field.h"
#include "grammar/constraint.h"

namespace diptych::openai {
namespace {

Json any_object() { return Json::object({{"type", "object"}}); }

// A strict tool and a forced call keep to the schema; else the arguments are any JSON object.
Json arguments_schema(const Tool& tool, bool forced) {
  if (tool.parameters.empty()) return any_object();
  if (!tool.strict && !forced) return any_object();
  auto schema = parse_json(tool.parameters);
  return schema && !schema->as_object().empty() ? std::move(*schema) : any_object();
}

Json tag_of(const Tool& tool, const ChatPrompt::CallSyntax& syntax, bool forced) {
  return Json::object({{"type", "tag"},
                       {"begin", syntax.begin + tool.name + syntax.middle},
                       {"content", Json::object({{"type", "json_schema"},
                                                 {"json_schema", arguments_schema(tool, forced)}})},
                       {"end", syntax.end}});
}

std::string call_grammar(const ChatPromptOptions& options, const ChatPrompt::CallSyntax& syntax) {
  const bool forced = options.tool_choice == ToolChoice::kRequired;
  Json tags = Json::array();
  for (const Tool& tool : options.tools)
    if (options.forced_tool.empty() || tool.name == options.forced_tool)
      tags.push_back(tag_of(tool, syntax, forced));
  Json format = Json::object({{"type", forced ? "tags_with_separator" : "triggered_tags"}});
  if (forced)
    format.set("separator", syntax.separator);
  else
    format.set("triggers", Json::array({syntax.begin}));
  format.set("tags", std::move(tags));
  format.set("at_least_one", forced);
  format.set("stop_after_first", !options.parallel_tool_calls || !options.forced_tool.empty());
  return dump_json(Json::object({{"type", "structural_tag"}, {"format", std::move(format)}}));
}

bool any_strict(const ChatPromptOptions& options) {
  return std::ranges::any_of(options.tools, &Tool::strict);
}

}  // namespace

Status constrain_calls(const ChatPromptOptions& options, const ChatPrompt& prompt, TextModel& model,
                       GenerationRequest& generation, Warnings& warnings) {
  const bool forced = options.tool_choice == ToolChoice::kRequired;
  const bool strict = options.tool_choice == ToolChoice::kAuto && any_strict(options);
  if (!forced && !strict) return {};
  if (generation.constraint) {
    if (!forced) return {};  // the answer's format leaves no room for calls
    return invalid_value(
        "tool_choice",
        "Invalid value for 'tool_choice': a forced call cannot be had together with "
        "a format of the answer's text.");
  }
  if (!prompt.call_syntax && forced)
    return unsupported_parameter(
        "tool_choice",
        "This model's chat template writes calls in a way of its own, which "
        "cannot be forced yet; use 'auto' or 'none'.");
  if (!prompt.call_syntax) {
    warnings.push_back({"tools",
                        "This model's chat template writes calls in a way of its own: "
                        "arguments are not held to strict schemas, they may differ."});
    return {};
  }
  const grammar::GrammarSource source{.kind = grammar::GrammarKind::kStructuralTag,
                                      .text = call_grammar(options, *prompt.call_syntax)};
  auto constraint = model.grammars().get(source, {});
  if (!constraint) {
    Error error = grammar::to_error(constraint.error());
    error.message = "Invalid schema of a tool's parameters: " + error.message;
    error.param = "tools";
    return fail(std::move(error));
  }
  for (const Warning& warning : constraint->warnings())
    warnings.push_back({"tools", fmt::format("{}: {}", warning.param, warning.message)});
  generation.constraint = std::move(*constraint);
  return {};
}

}  // namespace diptych::openai
