#include "api/openai/chat_run.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/openai/chat_json.h"
#include "api/openai/forced_calls.h"
#include "api/openai/ids.h"
#include "api/openai/logprobs.h"
#include "api/openai/prompt.h"

namespace diptych::openai {
namespace {

ChatPromptOptions prompt_options(const TemplateFields& fields) {
  ChatPromptOptions options;
  options.add_generation_prompt = fields.add_generation_prompt;
  options.enable_thinking = fields.enable_thinking;
  options.template_kwargs = fields.kwargs;
  return options;
}

// The request's messages as sent, each with an id: what GET …/messages lists.
std::string numbered_messages(const std::string& body, const std::string& id) {
  auto json = parse_json(body);
  if (!json) return "[]";
  Json messages = (*json)["messages"];
  for (std::size_t i = 0; i < messages.as_array().size(); ++i) {
    Json numbered = Json::object({{"id", fmt::format("{}-{}", id, i)}});
    for (const auto& member : messages[i].as_object()) numbered.set(member.name, member.value);
    messages.as_array()[i] = std::move(numbered);
  }
  return dump_json(messages);
}

}  // namespace

ChatRun::ChatRun(ChatBody body, const Call& call, Services& services,
                 std::shared_ptr<TextModel> model)
    : services_(services),
      model_(std::move(model)),
      body_(std::move(body)),
      head_(make_head(kChatIdPrefix, *model_, body_.caller.service_tier, services.clock)),
      owner_(call.caller.key_id),
      streams_(body_.choice_count) {
  if (body_.store) messages_json_ = numbered_messages(call.body, head_.id);
}

Result<std::unique_ptr<ChatRun>> ChatRun::start(ChatBody body, const Call& call,
                                                Services& services) {
  TRY(auto model, get_text_model(services, body.model));
  std::unique_ptr<ChatRun> run(new ChatRun(std::move(body), call, services, std::move(model)));
  TRY_STATUS(run->submit(call));
  return run;
}

Status ChatRun::submit(const Call& call) {
  ChatPromptOptions options = prompt_options(body_.prompt);
  TRY_STATUS(apply_tools(body_.tools, ToolShape::kNested, options));
  GenerationRequest generation;
  TRY(const ChatPrompt prompt, render_prompt(*model_, body_.messages, options, generation));
  body_.warnings.insert(body_.warnings.end(), prompt.warnings.begin(), prompt.warnings.end());
  const auto asked = body_.max_completion_tokens ? body_.max_completion_tokens : body_.max_tokens;
  TRY_STATUS(
      fit_to_context(*model_,
                     {.token_count_max = asked,
                      .field = body_.max_completion_tokens ? "max_completion_tokens" : "max_tokens",
                      .source = "messages"},
                     generation));
  TRY_STATUS(apply_sampling(body_.sampling, *model_, call.caller, generation));
  TRY_STATUS(apply_format(body_.format, *model_, generation, body_.warnings));
  TRY_STATUS(constrain_calls(options, prompt, *model_, generation, body_.warnings));
  generation.choice_count = body_.choice_count;
  generation.top_logprob_count = body_.logprobs ? body_.top_logprobs.value_or(0) : -1;
  generation.priority = priority_of_tier(body_.caller.service_tier);
  generation.timeout = services_.limits.request_timeout;
  for (int i = 0; i < body_.choice_count; ++i)
    choices_.push_back({ChoiceReader(*model_, prompt, options.parallel_tool_calls), {}});
  TRY(auto stream, model_->scheduler().submit(std::move(generation)));
  streams_.add(std::move(stream));
  return {};
}

void ChatRun::on_ready(std::function<void()> wake) {
  streams_.on_ready(wake);
  if (write_) write_->on_ready(wake);
  wake_ = std::move(wake);
}

Result<std::optional<ChatNews>> ChatRun::next() {
  TRY(auto delta, streams_.poll());
  if (!delta) return std::optional<ChatNews>();
  ChatNews news{.choice = delta->choice};
  Choice& choice = choices_[static_cast<std::size_t>(delta->choice)];
  news.piece = choice.reader.feed(std::move(*delta));
  if (news.piece.finish && choice.reader.ended_early()) streams_.end_choice(news.choice);
  if (!news.piece.tokens.empty() && (body_.store || !body_.stream)) {
    if (!choice.logprob_items.empty()) choice.logprob_items += ',';
    append_token_logprobs(choice.logprob_items, news.piece.tokens, model_->vocabulary());
  }
  return std::optional<ChatNews>(std::move(news));
}

bool ChatRun::done() const { return streams_.done(); }

TokenCounts ChatRun::counts() const {
  TokenCounts counts = streams_.counts();
  for (const Choice& choice : choices_) counts.reasoning += choice.reader.reasoning_token_count();
  counts.reasoning = std::min(counts.reasoning, counts.completion);
  return counts;
}

std::string ChatRun::answer_json() const {
  std::string out = fmt::format(R"({{{},"choices":[)", head_members(head_, "chat.completion"));
  for (std::size_t i = 0; i < choices_.size(); ++i) {
    if (i > 0) out += ',';
    append_chat_choice(out, static_cast<int>(i), choices_[i].reader,
                       {.logprob_items = body_.logprobs ? &choices_[i].logprob_items : nullptr,
                        .call_word = call_word()});
  }
  out += "],\"usage\":" + dump_json(chat_usage(counts()));
  out += ",\"x_diptych\":" + diptych_note(times(), warnings()) + "}";
  return out;
}

CompletionRow ChatRun::stored_row() const {
  return {.id = head_.id,
          .owner = owner_,
          .model = head_.model,
          .created_ms = head_.created * 1000,
          .metadata = body_.caller.metadata,
          .body = answer_json(),
          .messages = messages_json_};
}

bool ChatRun::kept() {
  if (!body_.store) return true;
  if (!write_) {
    auto write = [&store = services_.completions, row = stored_row()] { return store.put(row); };
    write_ = std::make_unique<StoreWrite>(services_.background, head_.id, std::move(write));
    write_->on_ready(wake_);
  }
  const auto status = write_->poll();
  if (!status) return false;
  if (!*status)
    body_.warnings.push_back(
        {"store", "The answer could not be stored: " + status->error().message});
  body_.store = false;
  return true;
}

}  // namespace diptych::openai
