#include "text/chat/llama_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <mutex>
#include <string_view>
#include <utility>

#include "log.h"
#include "text/chat/llama_parsed.h"
#include "text/chat/llama_parser.h"
#include "text/chat/llama_sandbox.h"
#include "text/chat/llama_values.h"

namespace diptych {
namespace {

// The interpreter reports "…source excerpt… Error: Jinja Exception: words". Callers get the words.
std::string words_of(const std::exception& error) {
  std::string text = error.what();
  for (const std::string_view marker : {"Error: ", "Jinja Exception: "})
    if (const auto at = text.rfind(marker); at != std::string::npos)
      text.erase(0, at + marker.size());
  return text;
}

// llama.cpp's own log would print answers it cannot parse, and logs carry no prompts.
void silence_llama_log() {
  static std::once_flag once;
  std::call_once(once, [] { common_log_set_verbosity_thold(-1); });
}

std::string date_text(const char* format) {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, format, &local));
}

bool knows_developer(const std::string& source) {
  return source.find("'developer'") != std::string::npos ||
         source.find("\"developer\"") != std::string::npos ||
         source.find("<|channel|>") != std::string::npos;
}

// The part of `without` that stands where `marker` stands in `with_marker`; empty if they differ
// anywhere else.
std::string text_in_place_of(const std::string& marker, const std::string& with_marker,
                             const std::string& without) {
  const std::size_t at = with_marker.find(marker);
  if (at == std::string::npos) return {};
  const std::string_view before = std::string_view(with_marker).substr(0, at);
  const std::string_view after = std::string_view(with_marker).substr(at + marker.size());
  if (without.size() < before.size() + after.size() || !without.starts_with(before) ||
      !without.ends_with(after))
    return {};
  return without.substr(before.size(), without.size() - before.size() - after.size());
}

}  // namespace

Result<Rendered> render_template(const common_chat_template& tmpl, const RenderInput& input) {
  jinja::context context(tmpl.src);
  const auto set = [&](const char* name, const Json& value, TextOrigin origin) {
    context.set_val(name, jinja_value(value, origin));
  };
  set("messages", input.messages, TextOrigin::kCaller);
  if (!input.tools.as_array().empty()) set("tools", input.tools, TextOrigin::kCaller);
  set("bos_token", tmpl.bos_tok, TextOrigin::kTemplate);
  set("eos_token", tmpl.eos_tok, TextOrigin::kTemplate);
  set("enable_thinking", input.enable_thinking, TextOrigin::kTemplate);
  set("datetime", date_text("%b %d %Y"), TextOrigin::kTemplate);
  set("date_string", date_text("%d %b %Y"), TextOrigin::kTemplate);
  for (const auto& [name, value] : input.variables)
    context.set_val(name, jinja_value(value, TextOrigin::kCaller));
  if (input.add_generation_prompt) set("add_generation_prompt", true, TextOrigin::kTemplate);

  Rendered rendered;
  try {
    const SandboxScope scope;
    const auto results = jinja::runtime(context).execute(tmpl.prog);
    const auto parts = jinja::runtime::gather_string_parts(results);
    for (const jinja::string_part& part : parts->val_str.parts) {
      const std::size_t begin = rendered.text.size();
      rendered.text += part.val;
      if (part.is_input && !part.val.empty())
        rendered.untrusted.push_back({begin, rendered.text.size()});
    }
  } catch (const std::exception& error) {
    return fail(ErrorCode::kInvalidArgument,
                "The model's chat template refused the conversation: " + words_of(error),
                "messages");
  }
  return rendered;
}

struct LlamaTemplate::Parsed : ParsedTemplate {
  TemplateTraits traits;

  void find_traits();
  std::string find_default_system() const;
};

void LlamaTemplate::Parsed::find_traits() {
  const jinja::caps& caps = tmpl.caps;
  const bool readable =
      specialised || (analysed && analysis.tools.format.mode != autoparser::tool_format::NONE);
  traits.tools = caps.supports_tools && readable;
  traits.calls = caps.supports_tool_calls;
  traits.system_role = caps.supports_system_role;
  traits.developer_role = knows_developer(tmpl.src);
  traits.shape = {.content_as_parts = caps.supports_typed_content && !caps.supports_string_content,
                  .arguments_as_object = caps.supports_object_arguments};
  if (analysed && analysis.reasoning.mode != autoparser::reasoning_mode::NONE) {
    traits.reasoning_start = string_strip(analysis.reasoning.start);
    traits.reasoning_end = string_strip(analysis.reasoning.end);
  }
  if (traits.system_role) traits.default_system = find_default_system();
}

std::string LlamaTemplate::Parsed::find_default_system() const {
  const std::string marker = "SYSTEM_TEXT";
  const ChatMessage system{.role = "system", .content = marker},
      user{.role = "user", .content = "x"};
  const auto with = messages_json({system, user}, traits.shape);
  const auto without = messages_json({user}, traits.shape);
  if (!with || !without) return {};
  const auto with_text = render_template(tmpl, {.messages = *with});
  const auto without_text = render_template(tmpl, {.messages = *without});
  if (!with_text || !without_text) return {};
  return text_in_place_of(marker, with_text->text, without_text->text);
}

LlamaTemplate::LlamaTemplate(std::unique_ptr<Parsed> parsed) : parsed_(std::move(parsed)) {}
LlamaTemplate::~LlamaTemplate() = default;

Result<std::unique_ptr<LlamaTemplate>> LlamaTemplate::load(const std::string& text,
                                                           const std::string& bos_token,
                                                           const std::string& eos_token) {
  silence_llama_log();
  auto parsed = std::make_unique<Parsed>();
  try {
    const SandboxScope scope;
    std::string source = text;
    parsed->tmpl.prog = parse_sandboxed(source);
    parsed->tmpl.src = std::move(source);
    parsed->tmpl.bos_tok = bos_token;
    parsed->tmpl.eos_tok = eos_token;
    parsed->tmpl.caps = jinja::caps_get(parsed->tmpl.prog);
    analyse(*parsed);
    if (scope.exhausted() != nullptr) throw std::runtime_error(scope.exhausted());
  } catch (const std::exception& error) {
    return fail(ErrorCode::kInvalidArgument,
                "The model's chat template cannot be used: " + words_of(error));
  }
  parsed->find_traits();
  return std::unique_ptr<LlamaTemplate>(new LlamaTemplate(std::move(parsed)));
}

const TemplateTraits& LlamaTemplate::traits() const { return parsed_->traits; }

namespace {

constexpr std::string_view kReservedVariables[] = {"messages", "tools", "bos_token", "eos_token",
                                                   "add_generation_prompt"};

Result<RenderInput> render_input(const std::vector<ChatMessage>& messages,
                                 const ChatPromptOptions& options, const MessageShape& shape) {
  RenderInput input;
  TRY(input.messages, messages_json(messages, shape));
  TRY(input.tools, tools_json(options.tools));
  input.add_generation_prompt = options.add_generation_prompt;
  input.enable_thinking = options.enable_thinking;
  for (const auto& [name, text] : options.template_kwargs) {
    const std::string param = "chat_template_kwargs." + name;
    if (std::ranges::find(kReservedVariables, name) != std::end(kReservedVariables))
      return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' cannot be set by a caller.", name),
                  param);
    auto value = parse_json(text);
    if (!value) return fail(ErrorCode::kInvalidArgument, value.error().message, param);
    input.variables.emplace_back(name, std::move(*value));
  }
  return input;
}

}  // namespace

Result<ChatPrompt> LlamaTemplate::render(const std::vector<ChatMessage>& messages,
                                         const ChatPromptOptions& options) const {
  TRY(const RenderInput input, render_input(messages, options, parsed_->traits.shape));
  TRY(Rendered rendered, render_template(parsed_->tmpl, input));
  ChatPrompt prompt{.text = std::move(rendered.text), .untrusted = std::move(rendered.untrusted)};
  if (parsed_->specialised || !options.tools.empty())
    TRY_STATUS(attach_parser(*parsed_, input, options, prompt));
  prompt.starts_with_bos =
      !parsed_->tmpl.bos_tok.empty() && prompt.text.starts_with(parsed_->tmpl.bos_tok);
  return prompt;
}

}  // namespace diptych
