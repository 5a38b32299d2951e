#include "text/chat/make_chat_format.h"

#include <utility>

#include "text/chat/generic_tools.h"
#include "text/chat/llama_parser.h"
#include "text/chat/llama_template.h"
#include "text/chat/tagged_reader.h"

namespace diptych {
namespace {

struct ReaderState {
  TaggedReaderRules rules;
  std::shared_ptr<const NativeParser> native;  // if set, rules are not used
};

bool has_calls(const std::vector<ChatMessage>& messages) {
  for (const ChatMessage& message : messages)
    if (message.role == "tool" || !message.tool_calls.empty()) return true;
  return false;
}

// Templates name the function of a result; clients often send only the call's id.
void name_results(std::vector<ChatMessage>& messages) {
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (messages[i].role != "tool" || !messages[i].name.empty()) continue;
    for (std::size_t j = i; j-- > 0 && messages[i].name.empty();)
      for (const ToolCall& call : messages[j].tool_calls)
        if (call.id == messages[i].tool_call_id) messages[i].name = call.name;
  }
}

// A template without a system role: what the system says goes in front of the next message, or
// becomes the user's.
void move_system_text(std::vector<ChatMessage>& messages) {
  if (messages.empty() || messages.front().role != "system") return;
  if (messages.size() > 1 && messages[1].role == "user") {
    messages[1].content = messages.front().content + "\n\n" + messages[1].content;
    messages.erase(messages.begin());
  } else {
    messages.front().role = "user";
  }
}

bool ends_with_tag(std::string_view text, std::string_view tag) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return text.ends_with(tag);
}

class TemplateChatFormat final : public ChatFormat {
 public:
  TemplateChatFormat(std::unique_ptr<LlamaTemplate> plain, std::unique_ptr<LlamaTemplate> tool_use)
      : plain_(std::move(plain)), tool_use_(std::move(tool_use)) {}

  Result<ChatPrompt> render(const std::vector<ChatMessage>& messages,
                            const ChatPromptOptions& options) const override {
    ChatPromptOptions used = options;
    if (used.tool_choice == ToolChoice::kNone) used.tools.clear();
    const LlamaTemplate& tmpl = template_for(used);
    const bool generic = !used.tools.empty() && !tmpl.traits().tools;
    auto state = std::make_shared<ReaderState>();
    Warnings warnings;

    std::vector<ChatMessage> shown = adapt(messages, tmpl.traits(), generic);
    if (generic) {
      add_to_system_message(shown, generic_tool_prompt(used), tmpl.traits().default_system);
      for (const Tool& tool : used.tools) state->rules.tool_names.push_back(tool.name);
      state->rules.parallel_calls = used.parallel_tool_calls;
      used.tools.clear();
      warnings.push_back({"tools",
                          "The model's chat template has no place for tools: they are described in "
                          "the system message, and calls are read from the answer's text."});
    }
    if (!tmpl.traits().system_role) move_system_text(shown);

    TRY(ChatPrompt prompt, tmpl.render(shown, used));
    prompt.warnings = std::move(warnings);
    if (generic) prompt.call_syntax = generic_call_syntax();
    if (prompt.reader_state) {
      state->native = std::static_pointer_cast<const NativeParser>(prompt.reader_state);
    } else {
      set_reasoning(tmpl.traits(), prompt.text, state->rules);
    }
    prompt.reader_state = std::move(state);
    return prompt;
  }

  std::unique_ptr<AnswerReader> make_reader(const ChatPrompt& prompt) const override {
    const auto state = std::static_pointer_cast<const ReaderState>(prompt.reader_state);
    if (!state) return make_tagged_reader({});
    return state->native ? make_native_reader(state->native) : make_tagged_reader(state->rules);
  }

  bool template_knows_tools() const override {
    return (tool_use_ ? *tool_use_ : *plain_).traits().tools;
  }

 private:
  const LlamaTemplate& template_for(const ChatPromptOptions& options) const {
    return tool_use_ && !options.tools.empty() ? *tool_use_ : *plain_;
  }

  static std::vector<ChatMessage> adapt(std::vector<ChatMessage> messages,
                                        const TemplateTraits& traits, bool generic) {
    name_results(messages);
    if (!traits.developer_role)
      for (ChatMessage& message : messages)
        if (message.role == "developer") message.role = "system";
    if (has_calls(messages) && (generic || !traits.calls))
      messages = with_calls_as_text(std::move(messages));
    return messages;
  }

  static void set_reasoning(const TemplateTraits& traits, std::string_view prompt,
                            TaggedReaderRules& rules) {
    if (!traits.reasoning_start.empty() && !traits.reasoning_end.empty()) {
      rules.reasoning_start = traits.reasoning_start;
      rules.reasoning_end = traits.reasoning_end;
    }
    rules.starts_in_reasoning = ends_with_tag(prompt, rules.reasoning_start);
  }

  const std::unique_ptr<LlamaTemplate> plain_;
  const std::unique_ptr<LlamaTemplate> tool_use_;  // may be null
};

}  // namespace

Result<std::unique_ptr<ChatFormat>> make_chat_format(const ChatTemplateSource& source) {
  const bool has_plain = !source.template_text.empty();
  const bool has_tool_use = !source.tool_use_template_text.empty();
  if (!has_plain && !has_tool_use)
    return fail(ErrorCode::kUnsupported, "The model file has no chat template.");
  std::unique_ptr<LlamaTemplate> plain, tool_use;
  TRY(plain, LlamaTemplate::load(has_plain ? source.template_text : source.tool_use_template_text,
                                 source.bos_token, source.eos_token));
  if (has_plain && has_tool_use) {
    TRY(tool_use,
        LlamaTemplate::load(source.tool_use_template_text, source.bos_token, source.eos_token));
  }
  return std::unique_ptr<ChatFormat>(
      std::make_unique<TemplateChatFormat>(std::move(plain), std::move(tool_use)));
}

}  // namespace diptych
