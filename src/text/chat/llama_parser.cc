#include "text/chat/llama_parser.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/rng.h"
#include "text/chat/llama_parsed.h"
#include "text/chat/llama_sandbox.h"

namespace diptych {

struct NativeParser {
  common_chat_parser_params params;
};

namespace {

common_json to_common(const Json& json) { return common_json::parse(dump_json(json)); }

autoparser::generation_params parameters(const RenderInput& input, bool parallel_calls) {
  autoparser::generation_params params;
  params.messages = to_common(input.messages);
  if (!input.tools.as_array().empty()) params.tools = to_common(input.tools);
  params.parallel_tool_calls = parallel_calls;
  params.reasoning_format = COMMON_REASONING_FORMAT_DEEPSEEK;
  params.add_generation_prompt = input.add_generation_prompt;
  params.enable_thinking = input.enable_thinking;
  params.extra_context = common_json::object();
  for (const auto& [name, value] : input.variables) params.extra_context[name] = to_common(value);
  return params;
}

// What the template adds for add_generation_prompt: the parser reads it in front of the answer.
std::string generation_prompt(const ParsedTemplate& parsed, RenderInput input) {
  input.add_generation_prompt = true;
  const auto with = render_template(parsed.tmpl, input);
  input.add_generation_prompt = false;
  const auto without = render_template(parsed.tmpl, input);
  if (!with || !without) return {};
  const auto [end, _] = std::ranges::mismatch(with->text, without->text);
  return std::string(end, with->text.end());
}

// The untrusted spans of a text that llama.cpp rendered: the pieces of ours, looked up in order.
std::vector<ChatPrompt::Span> find_spans(const std::string& text, const ChatPrompt& ours) {
  std::vector<ChatPrompt::Span> spans;
  std::size_t from = 0;
  for (const ChatPrompt::Span& span : ours.untrusted) {
    const std::string piece = ours.text.substr(span.begin, span.end - span.begin);
    const std::size_t at = text.find(piece, from);
    if (at == std::string::npos) continue;
    from = at + piece.size();
    spans.push_back({at, from});
  }
  return spans;
}

const std::string kNoArguments = "{}";

class NativeReader final : public AnswerReader {
 public:
  explicit NativeReader(std::shared_ptr<const NativeParser> parser) : parser_(std::move(parser)) {}

  AnswerDelta feed(std::string_view text) override {
    raw_ += text;
    AnswerDelta delta;
    common_chat_msg message;
    if (parse(true, message)) advance(message, true, delta);
    return delta;
  }

  AnswerDelta finish() override {
    AnswerDelta delta;
    common_chat_msg message;
    if (parse(false, message))
      advance(message, false, delta);
    else
      delta.content = unread_text();
    return delta;
  }

  bool has_calls() const override { return !calls_.empty(); }

 private:
  struct SentCall {
    std::string name, arguments;
  };

  bool parse(bool is_partial, common_chat_msg& message) const {
    try {
      message = common_chat_parse(raw_, is_partial, parser_->params);
      return true;
    } catch (const std::exception&) {  // not (yet) what the format expects
      return false;
    }
  }

  // Appends to `out` what `now` has beyond `sent`. A parse that took something back adds nothing:
  // sent text stays sent.
  static void extend(std::string& sent, const std::string& now, std::string& out) {
    if (!now.starts_with(sent)) return;
    out.append(now, sent.size());
    sent = now;
  }

  void advance(const common_chat_msg& message, bool is_partial, AnswerDelta& delta) {
    extend(reasoning_, message.reasoning_content, delta.reasoning);
    extend(content_, message.content, delta.content);
    for (std::size_t i = 0; i < message.tool_calls.size(); ++i) {
      const common_chat_tool_call& call = message.tool_calls[i];
      AnswerDelta::Call piece{.index = static_cast<int>(i)};
      if (i == calls_.size()) {
        // A name may still grow until something follows it.
        const bool is_last = i + 1 == message.tool_calls.size();
        if (call.name.empty() || (is_partial && is_last && call.arguments.empty())) return;
        piece.id = call.id.empty() ? random_id("call_") : call.id;
        piece.name = call.name;
        calls_.push_back({call.name, {}});
      }
      const std::string& arguments =
          !is_partial && call.arguments.empty() ? kNoArguments : call.arguments;
      extend(calls_[i].arguments, arguments, piece.arguments);
      if (!piece.name.empty() || !piece.arguments.empty()) delta.calls.push_back(std::move(piece));
    }
  }

  // The answer broke its format. What was not yet sent becomes content, word for word.
  std::string unread_text() const {
    std::size_t from = 0;
    for (const std::string* sent : {&reasoning_, &content_})
      if (const auto at = raw_.find(*sent, from); !sent->empty() && at != std::string::npos)
        from = at + sent->size();
    for (const SentCall& call : calls_)
      if (const auto at = raw_.find(call.arguments, from);
          !call.arguments.empty() && at != std::string::npos)
        from = at + call.arguments.size();
    return raw_.substr(from);
  }

  const std::shared_ptr<const NativeParser> parser_;
  std::string raw_;
  std::string reasoning_, content_;  // sent so far
  std::vector<SentCall> calls_;
};

}  // namespace

void analyse(ParsedTemplate& parsed) {
  RenderInput probe;
  probe.messages.push_back(Json::object({{"role", "user"}, {"content", "x"}}));
  autoparser::generation_params params = parameters(probe, false);
  parsed.specialised =
      common_chat_try_specialized_template(parsed.tmpl, parsed.tmpl.src, params).has_value();
  if (parsed.specialised) return;
  try {
    parsed.analysis.analyze_template(parsed.tmpl);
    parsed.analysed = parsed.analysis.analysis_complete;
  } catch (const std::exception&) {
    parsed.analysed = false;  // rendering still works; calls are read by our own reader
  }
}

Status attach_parser(const ParsedTemplate& parsed, const RenderInput& input,
                     const ChatPromptOptions& options, ChatPrompt& prompt) {
  auto parser = std::make_shared<NativeParser>();
  try {
    const SandboxScope scope;
    autoparser::generation_params params = parameters(input, options.parallel_tool_calls);
    parser->params.reasoning_format = params.reasoning_format;
    if (parsed.specialised) {
      auto ready = common_chat_try_specialized_template(parsed.tmpl, parsed.tmpl.src, params);
      if (!ready) return fail(ErrorCode::kInternal, "The template changed its format.");
      if (ready->prompt != prompt.text) {
        prompt.untrusted = find_spans(ready->prompt, prompt);
        prompt.text = std::move(ready->prompt);
      }
      parser->params.format = ready->format;
      parser->params.generation_prompt = std::move(ready->generation_prompt);
      parser->params.parser.load(ready->parser);
      prompt.stops = std::move(ready->additional_stops);
      prompt.visible_tokens = std::move(ready->preserved_tokens);
    } else {
      parser->params.format = COMMON_CHAT_FORMAT_PEG_NATIVE;
      parser->params.generation_prompt = generation_prompt(parsed, input);
      parser->params.parser =
          parsed.analysis.build_parser(params, parser->params.generation_prompt);
      prompt.stops = parsed.analysis.additional_stops;
      prompt.visible_tokens = parsed.analysis.preserved_tokens;
    }
  } catch (const std::exception& error) {
    return fail(
        ErrorCode::kInvalidArgument,
        std::string("The model's chat template cannot express these tools: ") + error.what(),
        "tools");
  }
  prompt.reader_state = std::move(parser);
  return {};
}

std::unique_ptr<AnswerReader> make_native_reader(std::shared_ptr<const NativeParser> parser) {
  return std::make_unique<NativeReader>(std::move(parser));
}

}  // namespace diptych
