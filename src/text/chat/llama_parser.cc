#include "text/chat/llama_parser.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/rng.h"
#include "text/chat/call_reader.h"
#include "text/chat/llama_parsed.h"
#include "text/chat/llama_sandbox.h"

namespace diptych {

struct NativeParser {
  common_chat_parser_params params;
  bool parallel_calls = true;
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

std::string behind_tags(std::string_view text) {
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(" \n\r\t"), text.size()));
    if (!text.starts_with('<')) return std::string(text);
    const std::size_t end = text.find('>');
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
}

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

class NativeReader final : public AnswerReader {
 public:
  explicit NativeReader(std::shared_ptr<const NativeParser> parser) : parser_(std::move(parser)) {}

  AnswerDelta feed(std::string_view text) override {
    AnswerDelta delta;
    if (complete()) return delta;
    raw_ += text;
    common_chat_msg message;
    if (parse(raw_, true, message)) advance(message, true, delta);
    return delta;
  }

  AnswerDelta finish() override {
    AnswerDelta delta;
    if (complete()) return delta;
    common_chat_msg message;
    if (parse(raw_, false, message)) {
      advance(message, false, delta);
      delta.content += passed_over();
    } else {
      delta.content = unread_text();
    }
    return delta;
  }

  bool has_calls() const override { return !calls_.empty(); }
  bool complete() const override {
    return !parser_->parallel_calls && !calls_.empty() && calls_.front().extent.closed();
  }

 private:
  struct SentCall {
    std::string name, arguments;
    JsonExtent extent;  // of the arguments
  };

  bool parse(const std::string& text, bool is_partial, common_chat_msg& message) const {
    try {
      message = common_chat_parse(text, is_partial, parser_->params);
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
    read_message(message, is_partial, delta);
    if (!delta.content.empty() || !delta.reasoning.empty() || !delta.calls.empty())
      said_at_ = raw_.size();
  }

  void read_message(const common_chat_msg& message, bool is_partial, AnswerDelta& delta) {
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
        calls_.push_back({.name = call.name, .arguments = {}, .extent = {}});
      }
      const std::string& arguments =
          !is_partial && call.arguments.empty() ? kNoArguments : call.arguments;
      extend(calls_[i].arguments, arguments, piece.arguments);
      calls_[i].extent.scan(piece.arguments);
      if (!piece.name.empty() || !piece.arguments.empty()) delta.calls.push_back(std::move(piece));
    }
  }

  // Where `sent` ends in the answer, from `from` on; `from` when it is not there. llama.cpp writes
  // arguments with spaces of its own, so those do not count.
  std::size_t end_of(const std::string& sent, std::size_t from) const {
    for (std::size_t start = from; start < raw_.size(); ++start) {
      std::size_t at = start, matched = 0;
      while (at < raw_.size() && matched < sent.size()) {
        if (raw_[at] == sent[matched]) {
          ++at;
          ++matched;
        } else if (is_space(sent[matched])) {
          ++matched;
        } else if (at > start && is_space(raw_[at])) {
          ++at;
        } else {
          break;
        }
      }
      if (matched == sent.size()) return at;
    }
    return from;
  }

  // The answer broke its format. What was not yet sent becomes content, word for word.
  std::string unread_text() const {
    std::size_t from = 0;
    for (const std::string* sent : {&reasoning_, &content_})
      if (const auto at = raw_.find(*sent, from); !sent->empty() && at != std::string::npos)
        from = at + sent->size();
    for (const SentCall& call : calls_) {
      // Behind its name: braces in front of that are the call's own.
      if (const auto at = raw_.find(call.name, from); at != std::string::npos)
        from = at + call.name.size();
      if (!call.arguments.empty()) from = end_of(call.arguments, from);
    }
    return raw_.substr(from);
  }

  // The parser takes an answer that ends inside a call, and then also one that goes on with
  // something else: its last bytes are in no part of the message. Tags are not text, also one
  // that was cut off.
  std::string passed_over() const {
    if (calls_.empty() || calls_.back().extent.closed()) return {};
    std::size_t used = 0, size = said_at_;  // the shortest beginning that says as much
    while (used < size) {
      const std::size_t middle = (used + size) / 2;
      common_chat_msg message;
      const bool as_much = parse(raw_.substr(0, middle), true, message) &&
                           message.tool_calls.size() == calls_.size() &&
                           message.tool_calls.back().arguments == calls_.back().arguments;
      (as_much ? size : used) = as_much ? middle : middle + 1;
    }
    return behind_tags(std::string_view(raw_).substr(size));
  }

  const std::shared_ptr<const NativeParser> parser_;
  std::string raw_;
  std::size_t said_at_ = 0;          // length of raw_ when something was last sent
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
  parser->parallel_calls = options.parallel_tool_calls;
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
