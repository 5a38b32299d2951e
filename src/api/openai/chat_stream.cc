#include "api/openai/chat_stream.h"

#include <fmt/format.h>

#include "api/openai/chat_json.h"
#include "api/openai/logprobs.h"
#include "api/openai/sse.h"

namespace diptych::openai {
namespace {

// One poll formats at most this much, so that other connections of the I/O thread get their turn.
constexpr std::size_t kPollBytesMax = 64 << 10;

std::string text_delta(std::string_view name, std::string_view text) {
  std::string delta = "{\"";
  delta += name;
  delta += "\":";
  append_json_string(delta, text);
  delta += '}';
  return delta;
}

}  // namespace

ChatStream::ChatStream(std::unique_ptr<ChatRun> run)
    : run_(std::move(run)),
      head_(
          fmt::format(R"({{{},"choices":[)", head_members(run_->head(), "chat.completion.chunk"))),
      tail_(run_->body().stream_options.include_usage ? "],\"usage\":null" : "]"),
      opened_(static_cast<std::size_t>(run_->body().choice_count)) {}

ChunkState ChatStream::poll(std::string& out) {
  if (ended_) return ChunkState::kEnd;
  const std::size_t size_before = out.size();
  while (out.size() - size_before < kPollBytesMax) {
    auto news = run_->next();
    if (!news) {
      append_sse_error(out, news.error());
      ended_ = true;
      return ChunkState::kEnd;
    }
    if (!*news) return run_->done() ? write_end(out) : ChunkState::kWait;
    write_news(out, std::move(**news));
  }
  return ChunkState::kMore;
}

void ChatStream::write_news(std::string& out, ChatNews news) {
  const auto index = static_cast<std::size_t>(news.choice);
  if (!opened_[index] && !news.piece.empty()) {
    write_choice(out, {.index = news.choice,
                       .delta = R"({"role":"assistant","content":"","refusal":null})"});
    opened_[index] = true;
  }
  write_piece(out, news.choice, news.piece);
  if (news.piece.finish) write_finish(out, news.choice);
}

void ChatStream::write_piece(std::string& out, int choice, const ChoicePiece& piece) {
  std::string items;
  append_token_logprobs(items, piece.tokens, run_->model().vocabulary());
  const std::string* logprobs = piece.tokens.empty() ? nullptr : &items;
  // Each token is told once: with the first chunk that this piece makes.
  const auto write = [&](const std::string& delta) {
    write_choice(
        out, {.index = choice, .delta = delta, .logprob_items = std::exchange(logprobs, nullptr)});
  };
  if (!piece.answer.reasoning.empty())
    write(text_delta("reasoning_content", piece.answer.reasoning));
  if (!piece.answer.content.empty()) write(text_delta("content", piece.answer.content));
  for (const AnswerDelta::Call& call : piece.answer.calls)
    write(call_delta(call, run_->call_word()));
  if (logprobs != nullptr) write(text_delta("content", ""));
}

void ChatStream::write_finish(std::string& out, int choice) {
  ++finished_;
  if (finished_ == opened_.size()) {
    last_choice_ = choice;
    return;
  }
  const auto reason = finish_word(run_->choice(choice), run_->call_word());
  write_choice(out, {.index = choice, .delta = "{}", .finish_reason = reason});
}

void ChatStream::write_choice(std::string& out, const ChunkChoice& choice, std::string_view more) {
  out += "data: ";
  out += head_;
  append_chunk_choice(out, choice);
  out += tail_;
  out += more;
  out += "}\n\n";
}

// The last choice's finish waits for the end of the work: times and warnings are complete only
// then.
ChunkState ChatStream::write_end(std::string& out) {
  if (!run_->kept()) return ChunkState::kWait;
  if (last_choice_) {
    const auto reason = finish_word(run_->choice(*last_choice_), run_->call_word());
    write_choice(out, {.index = *last_choice_, .delta = "{}", .finish_reason = reason},
                 ",\"x_diptych\":" + diptych_note(run_->times(), run_->warnings()));
  }
  if (run_->body().stream_options.include_usage)
    append_sse_data(out, head_ + "],\"usage\":" + dump_json(chat_usage(run_->counts())) + "}");
  append_sse_done(out);
  ended_ = true;
  return ChunkState::kEnd;
}

}  // namespace diptych::openai
