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

void OutputWriter::begin_image(std::string prompt) {
  open({.kind = Kind::kImage, .id = random_id(kImageIdPrefix), .text = std::move(prompt)});
  tell_image("in_progress");
}

void OutputWriter::image_generating() { tell_image("generating"); }

void OutputWriter::add_partial_image(int index, std::string_view base64, const Json& facts) {
  std::string members = fmt::format(R"({},"partial_image_index":{},"partial_image_b64":"{}")",
                                    place(), index, base64);
  for (const auto& [name, value] : facts.as_object())
    members += fmt::format(R"(,"{}":{})", name, dump_json(value));
  log_.add("response.image_generation_call.partial_image", members);
}

void OutputWriter::end_image(std::string base64, const Json& facts) {
  open_->picture = std::move(base64);
  open_->facts = facts;
  tell_image("completed");
  close(ItemEnd::kCompleted);
}

void OutputWriter::tell_image(std::string_view type) {
  CHECK(is_open(Kind::kImage));
  log_.add(fmt::format("response.image_generation_call.{}", type), place());
}

Json OutputWriter::image_item(std::string_view status) const {
  Json item = Json::object({{"id", open_->id},
                            {"type", "image_generation_call"},
                            {"status", status},
                            {"result", open_->picture.empty() ? Json() : Json(open_->picture)},
                            {"revised_prompt", open_->text},
                            {"action", "generate"}});
  for (const auto& [name, value] : open_->facts.as_object()) item.set(name, value);
  return item;
}

void OutputWriter::open(Open item_to_open) {
  if (open_) close(ItemEnd::kCompleted);
  open_ = std::move(item_to_open);
  Json added = item("in_progress");
  const bool has_text = open_->kind == Kind::kMessage || open_->kind == Kind::kReasoning;
  if (has_text) added.set("content", Json::array());
  log_.add("response.output_item.added",
           fmt::format(R"("output_index":{},"item":{})", done_.size(), dump_json(added)));
  if (has_text)
    log_.add("response.content_part.added",
             fmt::format(R"({},"part":{})", text_place(), dump_json(part())));
}

void OutputWriter::close(ItemEnd end) {
  CHECK(open_);
  if (open_->kind == Kind::kCall) {
    log_.add("response.function_call_arguments.done",
             fmt::format(R"({},"name":{},"arguments":{})", place(), quoted(open_->call.name),
                         quoted(open_->text)));
  } else if (open_->kind != Kind::kImage) {
    close_text();
  }
  const std::string_view cut = open_->kind == Kind::kImage ? "failed" : "incomplete";
  Json done = item(end == ItemEnd::kCompleted ? "completed" : cut);
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
    case Kind::kImage:
      return image_item(status);
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
