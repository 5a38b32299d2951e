#include "api/openai/responses_output.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "api/openai/ids.h"
#include "api/openai/logprobs.h"
#include "base/check.h"
#include "base/rng.h"

namespace diptych::openai {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

}  // namespace

void OutputWriter::add(const ChoicePiece& piece) {
  if (logprobs_) tokens_.insert(tokens_.end(), piece.tokens.begin(), piece.tokens.end());
  const AnswerDelta& answer = piece.answer;
  if (!answer.reasoning.empty()) add_reasoning(answer.reasoning);
  if (!answer.content.empty()) add_content(answer.content);
  for (const AnswerDelta::Call& call : answer.calls) add_call(call);
  // Log probabilities belong to message text only; tokens of reasoning and calls have no place in
  // the format.
  if (answer.content.empty() && (!answer.reasoning.empty() || !answer.calls.empty()))
    tokens_.clear();
}

void OutputWriter::finish(ItemEnd end) {
  if (!open_ && done_.empty()) open({.kind = Kind::kMessage, .id = random_id(kMessageIdPrefix)});
  if (is_open(Kind::kMessage))
    open_->tokens.insert(open_->tokens.end(), tokens_.begin(), tokens_.end());
  if (open_) close(end);
}

void OutputWriter::cut() {
  if (open_) close(ItemEnd::kIncomplete);
}

Json OutputWriter::items() const { return done_; }

void OutputWriter::add_reasoning(const std::string& text) {
  if (!is_open(Kind::kReasoning))
    open({.kind = Kind::kReasoning, .id = random_id(kReasoningIdPrefix)});
  open_->text += text;
  log_.add("response.reasoning_text.delta",
           fmt::format(R"({},"delta":{})", text_place(), quoted(text)));
}

void OutputWriter::add_content(const std::string& text) {
  if (!is_open(Kind::kMessage)) open({.kind = Kind::kMessage, .id = random_id(kMessageIdPrefix)});
  open_->text += text;
  log_.add("response.output_text.delta", fmt::format(R"({},"delta":{},"logprobs":{})", text_place(),
                                                     quoted(text), logprob_text(tokens_)));
  std::ranges::move(tokens_, std::back_inserter(open_->tokens));
  tokens_.clear();
}

void OutputWriter::add_call(const AnswerDelta::Call& call) {
  if (!is_open(Kind::kCall) || open_->call.index != call.index)
    open({.kind = Kind::kCall,
          .id = random_id(kFunctionCallIdPrefix),
          .call = {.index = call.index, .id = call.id, .name = call.name}});
  if (call.arguments.empty()) return;
  open_->text += call.arguments;
  log_.add("response.function_call_arguments.delta",
           fmt::format(R"({},"delta":{})", place(), quoted(call.arguments)));
}

void OutputWriter::open(Open item_to_open) {
  if (open_) close(ItemEnd::kCompleted);
  open_ = std::move(item_to_open);
  Json added = item("in_progress");
  if (open_->kind != Kind::kCall) added.set("content", Json::array());
  log_.add("response.output_item.added",
           fmt::format(R"("output_index":{},"item":{})", done_.size(), dump_json(added)));
  if (open_->kind != Kind::kCall)
    log_.add("response.content_part.added",
             fmt::format(R"({},"part":{})", text_place(), dump_json(part())));
}

void OutputWriter::close(ItemEnd end) {
  CHECK(open_);
  if (open_->kind == Kind::kCall) {
    log_.add("response.function_call_arguments.done",
             fmt::format(R"({},"name":{},"arguments":{})", place(), quoted(open_->call.name),
                         quoted(open_->text)));
  } else {
    close_text();
  }
  Json done = item(end == ItemEnd::kCompleted ? "completed" : "incomplete");
  log_.add("response.output_item.done",
           fmt::format(R"("output_index":{},"item":{})", done_.size(), dump_json(done)));
  done_.push_back(std::move(done));
  open_.reset();
}

void OutputWriter::close_text() {
  if (open_->kind == Kind::kMessage) {
    log_.add("response.output_text.done",
             fmt::format(R"({},"text":{},"logprobs":{})", text_place(), quoted(open_->text),
                         logprob_text(open_->tokens)));
  } else {
    log_.add("response.reasoning_text.done",
             fmt::format(R"({},"text":{})", text_place(), quoted(open_->text)));
  }
  log_.add("response.content_part.done",
           fmt::format(R"({},"part":{})", text_place(), dump_json(part())));
}

std::string OutputWriter::place() const {
  return fmt::format(R"("item_id":"{}","output_index":{})", open_->id, done_.size());
}

std::string OutputWriter::text_place() const { return place() + R"(,"content_index":0)"; }

std::string OutputWriter::logprob_text(const std::vector<TokenLogprob>& tokens) const {
  std::string out = "[";
  append_token_logprobs(out, tokens, vocabulary_);
  return out += ']';
}

Json OutputWriter::part() const {
  if (open_->kind == Kind::kReasoning)
    return Json::object({{"type", "reasoning_text"}, {"text", open_->text}});
  auto logprobs = parse_json(logprob_text(open_->tokens));
  return Json::object({{"type", "output_text"},
                       {"text", open_->text},
                       {"annotations", Json::array()},
                       {"logprobs", logprobs ? *std::move(logprobs) : Json::array()}});
}

Json OutputWriter::item(std::string_view status) const {
  switch (open_->kind) {
    case Kind::kReasoning:
      return Json::object({{"id", open_->id},
                           {"type", "reasoning"},
                           {"summary", Json::array()},
                           {"content", Json::array({part()})},
                           {"status", status}});
    case Kind::kMessage:
      return Json::object({{"id", open_->id},
                           {"type", "message"},
                           {"status", status},
                           {"role", "assistant"},
                           {"content", Json::array({part()})}});
    case Kind::kCall:
      return Json::object({{"id", open_->id},
                           {"type", "function_call"},
                           {"status", status},
                           {"call_id", open_->call.id},
                           {"name", open_->call.name},
                           {"arguments", open_->text}});
  }
  CHECK(false);
}

}  // namespace diptych::openai
