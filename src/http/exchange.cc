#include "http/exchange.h"

#include <algorithm>
#include <exception>
#include <new>
#include <variant>

#include "base/log.h"

namespace diptych {

namespace {

constexpr std::size_t kPieceBytes = std::size_t{16}
                                    << 10;  // one HTTP chunk, unless a single poll gives more
constexpr int kPollsPerTurn = 64;

std::unexpected<Error> error_of_exception() {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, "The server is out of memory.");
  } catch (const std::exception& exception) {
    return fail(ErrorCode::kInternal, exception.what());
  } catch (...) {
    return fail(ErrorCode::kInternal, "unknown exception");
  }
}

// The last net: our code does not throw, but what it stands on might.
Result<Reply> run_handler(const Route& route, const Call& call, Services& services) {
  try {
    return route.handler(call, services);
  } catch (...) {
    return error_of_exception();
  }
}

}  // namespace

Exchange::Exchange(ServerContext& context, Entry entry, ReplySink& sink)
    : context_(context), entry_(std::move(entry)), sink_(&sink) {}

void Exchange::start() {
  const auto self = shared_from_this();
  if (entry_.caller_unknown) {
    look_up_caller();
  } else {
    dispatch();
  }
}

template <class Work>
void Exchange::submit(Work work) {
  ticket_ = context_.handlers.submit(std::move(work));
  if (ticket_) return;
  context_.metrics.refused(RefusalReason::kHandlerQueue);
  answer_error({ErrorCode::kOverloaded,
                "Too many requests wait to be taken up. Please try again in a moment.", "", "",
                1000});
}

void Exchange::look_up_caller() {
  std::string authorization;
  for (const auto& [name, value] : entry_.call.headers) {
    if (name == "authorization") authorization = value;
  }
  submit([weak = weak_from_this(), mailbox = context_.loop.mailbox(),
          secret = std::move(authorization), scope = entry_.route->scope,
          &authenticator = context_.authenticator] {
    Result<Caller> caller = [&]() -> Result<Caller> {
      try {
        return authenticator.look_up(secret, scope);
      } catch (...) {
        return error_of_exception();
      }
    }();
    mailbox->post([weak, caller = std::move(caller)]() mutable {
      if (const auto self = weak.lock()) self->caller_found(std::move(caller));
    });
  });
}

void Exchange::caller_found(Result<Caller> caller) {
  if (sink_ == nullptr) return;
  ticket_.reset();
  if (!caller) {
    answer_error(caller.error());
    return;
  }
  entry_.call.caller = std::move(*caller);
  dispatch();
}

void Exchange::dispatch() {
  const Route& route = *entry_.route;
  key_id_ = entry_.call.caller.key_id;
  if (route.scope != Scope::kNone) {
    RequestRate::Verdict verdict = context_.rate.take(key_id_);
    std::ranges::move(verdict.headers, std::back_inserter(entry_.answer_headers));
    if (!verdict.allowed) {
      context_.metrics.refused(RefusalReason::kRequestRate);
      answer_error({ErrorCode::kOverloaded, "The limit of requests per minute is reached.", "", "",
                    verdict.retry_after_ms});
      return;
    }
  }
  if (route.cost == Cost::kCheap) {
    take_reply(run_handler(route, entry_.call, context_.services));
    return;
  }
  // The call moves to the handler's thread and is freed there; only the reply comes back.
  auto call = std::make_unique<Call>(std::move(entry_.call));
  entry_.call.request_id = call->request_id;
  abandoned_ = std::stop_source();
  call->abandoned = abandoned_.get_token();
  submit([weak = weak_from_this(), mailbox = context_.loop.mailbox(), call = std::move(call),
          &route, &services = context_.services]() mutable {
    Result<Reply> reply = run_handler(route, *call, services);
    mailbox->post([weak = std::move(weak), reply = std::move(reply)]() mutable {
      if (const auto self = weak.lock()) self->take_reply(std::move(reply));
    });
  });
}

void Exchange::take_reply(Result<Reply> reply) {
  if (sink_ == nullptr) return;  // abandoned: dropping the reply cancels its work
  ticket_.reset();
  std::string().swap(entry_.call.body);
  sink_->body_released();
  if (!reply) {
    answer_error(reply.error());
  } else if (auto* ready = std::get_if<Answer>(&*reply)) {
    answer(std::move(*ready));
  } else if (auto* stream = std::get_if<StreamedAnswer>(&*reply)) {
    start_stream(std::move(*stream));
  } else if (auto* conversation = std::get_if<std::unique_ptr<Conversation>>(&*reply)) {
    start_conversation(std::move(*conversation));
  } else {
    phase_ = WaitPhase::kPending;
    pending_ = std::move(std::get<std::unique_ptr<PendingAnswer>>(*reply));
    pending_->on_ready(make_wake(&Exchange::poll_pending));
    poll_pending();
  }
}

// Runs on whatever thread has news, so it only posts.
std::function<void()> Exchange::make_wake(void (Exchange::*on_wake)()) {
  return [weak = weak_from_this(), mailbox = context_.loop.mailbox(), on_wake] {
    mailbox->post([weak, on_wake] {
      if (const auto self = weak.lock()) (self.get()->*on_wake)();
    });
  };
}

void Exchange::poll_pending() {
  if (sink_ == nullptr || !pending_) return;
  Result<std::optional<Answer>> news = [&]() -> Result<std::optional<Answer>> {
    try {
      return pending_->poll();
    } catch (...) {
      return error_of_exception();
    }
  }();
  if (!news) {
    answer_error(news.error());
  } else if (*news) {
    answer(std::move(**news));
  }
}

void Exchange::start_stream(StreamedAnswer stream) {
  phase_ = WaitPhase::kStreaming;
  chunks_ = std::move(stream.chunks);
  if (sink_->take_stream_head(std::move(stream.head), entry_.answer_headers) ==
          ReplySink::Body::kUnwanted &&
      sink_ != nullptr) {
    chunks_.reset();
    std::exchange(sink_, nullptr)->take_stream_end(ReplySink::StreamEnd::kComplete);
    return;
  }
  if (sink_ == nullptr) return;  // the head could not be written
  chunks_->on_ready(make_wake(&Exchange::pump));
  pump();
}

void Exchange::resume() {
  reader_is_slow_ = false;
  if (phase_ != WaitPhase::kStreaming) return;
  if (conversation_) return pump_messages();
  pump();
}

void Exchange::tick(Monotonic now) {
  const auto due = [now](const auto& source) {
    const auto at = source ? source->wake_at() : std::nullopt;
    return at && now >= *at;
  };
  const auto self = shared_from_this();  // the answer may let go of this exchange
  if (due(pending_)) return poll_pending();
  if (due(chunks_)) pump();
}

void Exchange::pump() {
  if (sink_ == nullptr || !chunks_ || reader_is_slow_) return;
  const std::size_t piece_max = std::min(kPieceBytes, context_.options.stream_buffer_bytes_max);
  std::string piece;
  ChunkState state = ChunkState::kMore;
  try {
    for (int polls = 0; state == ChunkState::kMore && polls < kPollsPerTurn; ++polls) {
      if (piece.size() >= piece_max) break;
      state = chunks_->poll(piece);
    }
  } catch (...) {
    log_error("Stream of request {} broke: {}", entry_.call.request_id,
              error_of_exception().error().message);
    chunks_.reset();
    std::exchange(sink_, nullptr)->take_stream_end(ReplySink::StreamEnd::kBroken);
    return;
  }
  if (!piece.empty()) {
    reader_is_slow_ = sink_->take_chunk(std::move(piece)) == ReplySink::Reader::kSlow;
    if (sink_ == nullptr) return;  // the socket broke
  }
  if (state == ChunkState::kEnd) {
    chunks_.reset();
    std::exchange(sink_, nullptr)->take_stream_end(ReplySink::StreamEnd::kComplete);
  } else if (state == ChunkState::kMore && !reader_is_slow_) {
    context_.loop.post([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->pump();
    });
  }
}

void Exchange::start_conversation(std::unique_ptr<Conversation> conversation) {
  const auto handshake = read_handshake(entry_.call.headers);
  if (!handshake) return answer_error(handshake.error());
  phase_ = WaitPhase::kStreaming;
  conversation_ = std::move(conversation);
  sink_->take_upgrade(*handshake, entry_.answer_headers);
  if (sink_ == nullptr) return;  // the head could not be written
  conversation_->on_ready(make_wake(&Exchange::pump_messages));
  pump_messages();
}

void Exchange::hear(std::string_view text) {
  if (!conversation_) return;
  try {
    conversation_->hear(text);
  } catch (...) {
    log_error("Conversation of request {} broke: {}", entry_.call.request_id,
              error_of_exception().error().message);
    conversation_.reset();
    std::exchange(sink_, nullptr)->take_stream_end(ReplySink::StreamEnd::kBroken);
    return;
  }
  pump_messages();
}

void Exchange::pump_messages() {
  ChunkState state = ChunkState::kMore;
  for (int polls = 0; state == ChunkState::kMore && polls < kPollsPerTurn; ++polls) {
    if (sink_ == nullptr || !conversation_ || reader_is_slow_) return;
    std::string text;
    try {
      state = conversation_->poll(text);
    } catch (...) {
      log_error("Conversation of request {} broke: {}", entry_.call.request_id,
                error_of_exception().error().message);
      conversation_.reset();
      return std::exchange(sink_, nullptr)->take_stream_end(ReplySink::StreamEnd::kBroken);
    }
    if (state == ChunkState::kMore)
      reader_is_slow_ = sink_->take_message(text) == ReplySink::Reader::kSlow;
  }
  if (state == ChunkState::kEnd && sink_ != nullptr) {
    conversation_.reset();
    std::exchange(sink_, nullptr)->take_stream_end(ReplySink::StreamEnd::kComplete);
  } else if (state == ChunkState::kMore && sink_ != nullptr && !reader_is_slow_) {
    context_.loop.post([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->pump_messages();
    });
  }
}

void Exchange::abandon() {
  sink_ = nullptr;
  abandoned_.request_stop();
  if (ticket_) context_.handlers.withdraw(*ticket_);
  ticket_.reset();
  pending_.reset();
  chunks_.reset();
  conversation_.reset();
}

void Exchange::answer(Answer answer) {
  pending_.reset();
  std::exchange(sink_, nullptr)->take_answer(std::move(answer), entry_.answer_headers);
}

void Exchange::answer_error(const Error& error) {
  if (error.code == ErrorCode::kInternal || error.code == ErrorCode::kIo) {
    log_error("Request {} failed: {}", entry_.call.request_id, error.message);
  }
  answer(error_answer(error, entry_.route->errors, entry_.call.request_id));
}

}  // namespace diptych
