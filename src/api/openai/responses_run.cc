#include "api/openai/responses_run.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "api/openai/responses_chain.h"
#include "api/openai/responses_object.h"
#include "api/openai/usage.h"

namespace diptych::openai {

ResponseRun::ResponseRun(ResponseJob job, const Clock& clock)
    : job_(std::move(job)),
      clock_(clock),
      reader_(*job_.model, job_.prompt, job_.parallel_calls),
      output_(log_, job_.model->vocabulary(), job_.logprobs) {
  if (job_.images) images_ = std::make_unique<ImageCalls>(std::move(*job_.images), output_);
  drawing_ = job_.stream == nullptr;
  log_.add_response(kEventCreated, job_.object);
  if (job_.background) {
    log_.add_response(kEventQueued, job_.object);
  } else {
    log_.add_response(kEventInProgress, job_.object);
  }
}

void ResponseRun::on_ready(std::function<void()> wake) {
  if (images_) images_->on_ready(wake);
  if (job_.stream) job_.stream->on_ready(std::move(wake));
}

bool ResponseRun::poll() {
  while (!ended_ && drawing_) {
    started();
    const auto there = images_->poll();
    if (!there) {
      fail_with(in_openai_words(there.error()));
    } else if (*there) {
      complete();
    } else {
      return false;
    }
  }
  while (!ended_ && !drawing_) {
    auto delta = job_.stream->poll();
    if (!delta) {
      fail_with(delta.error());
    } else if (*delta) {
      read(**std::move(delta));
    } else if (job_.stream->done()) {
      fail_with({.code = ErrorCode::kInternal,
                 .message = "The generation ended without a finish.",
                 .param = {},
                 .detail = {}});
    } else {
      return false;
    }
  }
  return ended_ || poll();  // from words to pictures
}

void ResponseRun::started() {
  if (status() != "queued") return;
  job_.object.set("status", "in_progress");
  log_.add_response(kEventInProgress, job_.object);
}

void ResponseRun::read(Delta delta) {
  started();
  ChoicePiece piece = reader_.feed(std::move(delta));
  take_image_calls(piece);
  output_.add(piece);
  if (reader_.ended_early()) job_.stream->end_choice(0);
  if (piece.finish) finish(*piece.finish);
}

void ResponseRun::finish(FinishReason reason) {
  TokenCounts counts;
  counts.add(job_.stream->usage());
  counts.reasoning = reader_.reasoning_token_count();
  if (reason == FinishReason::kLength) {
    output_.finish(ItemEnd::kIncomplete);
    set_incomplete(job_.object, output_.items(), counts);
    ended_ = true;
    return;
  }
  ask_for_images();
  drawing_ = images_ && images_->has_work();
  if (!drawing_) complete();
}

void ResponseRun::complete() {
  TokenCounts counts;
  if (job_.stream) counts.add(job_.stream->usage());
  counts.reasoning = reader_.reasoning_token_count();
  output_.finish(ItemEnd::kCompleted);
  set_completed(job_.object, output_.items(), counts, clock_.unix_seconds());
  ended_ = true;
}

// Calls of the tool image_generation are told as pictures, not as calls that the caller answers.
void ResponseRun::take_image_calls(ChoicePiece& piece) {
  if (!images_) return;
  for (const AnswerDelta::Call& call : piece.answer.calls)
    if (call.name == kImageTool) image_calls_.insert(call.index);
  std::erase_if(piece.answer.calls, [this](const AnswerDelta::Call& call) {
    return image_calls_.contains(call.index);
  });
}

void ResponseRun::ask_for_images() {
  for (const int index : image_calls_) {
    const auto& calls = reader_.calls();
    if (static_cast<std::size_t>(index) >= calls.size()) continue;
    const auto arguments = parse_json(calls[static_cast<std::size_t>(index)].arguments);
    if (arguments && (*arguments)["prompt"].is_string()) {
      images_->ask((*arguments)["prompt"].as_string());
    } else {
      add_warnings(job_.object, {{"tools",
                                  "The model asked for a picture without a prompt; none "
                                  "was drawn."}});
    }
  }
}

void ResponseRun::fail_with(const Error& error) {
  if (ended_) return;
  error_ = error;
  images_.reset();
  output_.cut();
  set_failed(job_.object, output_.items(), error);
  ended_ = true;
}

void ResponseRun::cancel() {
  if (ended_) return;
  images_.reset();
  output_.cut();
  set_cancelled(job_.object, output_.items());
  ended_ = true;
}

void ResponseRun::end() {
  if (error_) log_.add_error(error_of_response(*error_));
  if (const auto type = end_event(status()); !type.empty()) log_.add_response(type, job_.object);
}

ResponseRow ResponseRun::row() const {
  const Json& object = job_.object;
  const Json& previous = object["previous_response_id"];
  std::vector<std::string> item_ids = item_ids_of(job_.input_items);
  std::ranges::move(item_ids_of(object["output"]), std::back_inserter(item_ids));
  return {.id = object["id"].as_string(),
          .owner = job_.owner,
          .previous_id = previous.is_string() ? previous.as_string() : std::string(),
          .created_ms = object["created_at"].as_int() * 1000,
          .status = object["status"].as_string(),
          .background = job_.background,
          .body = dump_json(object),
          .input_items = dump_json(job_.input_items),
          .item_ids = std::move(item_ids)};
}

}  // namespace diptych::openai
