// The writing half of a connection: answers, streams, and what comes after them.

#include <utility>

#include "base/rng.h"
#include "http/connection.h"

namespace diptych {

namespace {

constexpr std::size_t kCopiedBodyMax = std::size_t{16}
                                       << 10;  // a body this small travels in the head's packet
constexpr Duration kLingerTimeout = std::chrono::seconds(2);

}  // namespace

std::string Connection::format_head(const Answer& answer, BodyFraming framing,
                                    const std::vector<Header>& more) const {
  using std::chrono::milliseconds;
  const Clock& clock = context_.services.clock;
  std::string bytes;
  append_response_head(
      bytes,
      {.status = answer.status,
       .content_type = framing == BodyFraming::kNone ? "" : std::string_view(answer.content_type),
       .framing = framing,
       .content_length = answer.body.size(),
       .keep_alive = keep_alive_,
       .is_http_1_0 = is_http_1_0_,
       .request_id = note_.request_id,
       .processing_ms = std::chrono::duration_cast<milliseconds>(clock.now() - received_).count(),
       .unix_seconds = clock.unix_seconds()},
      answer.headers, more);
  return bytes;
}

void Connection::body_released() { context_.held_body_bytes -= std::exchange(held_body_bytes_, 0); }

void Connection::take_answer(Answer answer, const std::vector<Header>& more) {
  if (exchange_) note_.key_id = exchange_->key_id();
  note_.status = answer.status;
  keep_alive_ = keep_alive_ && !context_.draining;
  const bool has_body = status_has_body(answer.status);
  std::string bytes =
      format_head(answer, has_body ? BodyFraming::kLength : BodyFraming::kNone, more);
  const bool with_body = has_body && note_.method != "HEAD";
  if (with_body && answer.body.size() <= kCopiedBodyMax) {
    bytes += answer.body;
  } else if (with_body) {
    if (!send(std::move(bytes))) return;
    bytes = std::move(answer.body);
  }
  if (send(std::move(bytes))) finish_answer();
}

ReplySink::Body Connection::take_stream_head(Answer head, const std::vector<Header>& more) {
  note_.key_id = exchange_->key_id();
  note_.status = head.status;
  keep_alive_ = keep_alive_ && !context_.draining && !is_http_1_0_;
  send(format_head(head, is_http_1_0_ ? BodyFraming::kUntilClose : BodyFraming::kChunked, more));
  return note_.method == "HEAD" ? Body::kUnwanted : Body::kWanted;
}

ReplySink::Reader Connection::take_chunk(std::string bytes) {
  std::string framed;
  if (is_http_1_0_) {
    framed = std::move(bytes);
  } else {
    framed.reserve(bytes.size() + 16);
    append_chunk(framed, bytes);
  }
  if (!send(std::move(framed)) || transport_.unsent_bytes() == 0) return Reader::kReady;
  return Reader::kSlow;
}

void Connection::take_stream_end(StreamEnd end) {
  if (frames_) return close_conversation(end == StreamEnd::kBroken ? kCloseInternal : kCloseNormal);
  if (end == StreamEnd::kBroken) {
    note_.status =
        500;  // for the log: the head said otherwise, the missing last chunk tells the client
    return close();
  }
  const bool chunked = !is_http_1_0_ && note_.method != "HEAD";
  if (chunked && !send(std::string(kLastChunk))) return;
  finish_answer();
}

// False: the connection broke and is closed.
bool Connection::send(std::string bytes) {
  const std::size_t size = bytes.size();
  if (!transport_.send(std::move(bytes))) {
    if ((phase_ == Phase::kAnswering || phase_ == Phase::kConversing) && exchange_) {
      client_left(exchange_->phase());
    } else {
      close();
    }
    return false;
  }
  note_.sent_bytes += size;
  context_.metrics.sent_bytes.add(static_cast<double>(size));
  arm_write();
  return true;
}

void Connection::arm_write() {
  if (write_armed_ || transport_.unsent_bytes() == 0 || phase_ == Phase::kClosed) return;
  write_armed_ = true;
  if (phase_ == Phase::kAnswering) {
    deadline_ = context_.services.clock.now() + context_.options.write_timeout;
  }
  transport_.when_writable([weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->write_armed_ = false;
      self->on_writable();
    }
  });
}

void Connection::on_writable() {
  if (phase_ == Phase::kClosed) return;
  if (!transport_.flush()) {
    if (exchange_) return client_left(exchange_->phase());
    return close();
  }
  const bool all_sent = transport_.unsent_bytes() == 0;
  if (phase_ == Phase::kWriting) {
    if (all_sent) return complete();
    enter(Phase::kWriting, context_.options.write_timeout);  // progress
  } else if (phase_ == Phase::kConversing) {
    if (const auto exchange = exchange_; exchange && all_sent) return exchange->resume();
  } else if (phase_ == Phase::kAnswering) {
    deadline_ = Monotonic::max();  // arm_write sets it anew if bytes are left
    if (const auto exchange = exchange_; exchange && all_sent) return exchange->resume();
  }
  arm_write();
}

void Connection::finish_answer() {
  exchange_.reset();
  reader_.reset();
  entry_.reset();
  enter(Phase::kWriting, context_.options.write_timeout);
  if (transport_.unsent_bytes() == 0) complete();
}

void Connection::complete() {
  end_request();
  if (!keep_alive_ || context_.draining) {
    if (body_unread_ || !input_.empty()) return linger();
    return close();
  }
  enter(Phase::kIdle, context_.options.idle_timeout);
  if (consuming_) return;
  if (!input_.empty()) return schedule_reading();
  if (read_ended_) return close();
  arm_read();
}

void Connection::end_request() {
  const Duration took = context_.services.clock.now() - received_;
  in_request_ = false;
  body_released();
  if (std::exchange(in_flight_, false)) context_.metrics.requests_in_flight.add(-1);
  context_.metrics.request_done(note_.method, note_.route, note_.status, took);
  log_request(note_, took);
}

// Closing a socket with unread input makes the kernel send RST, which can overtake the answer. So:
// FIN, read on, close.
void Connection::linger() {
  std::string().swap(input_);
  transport_.finish_sending();
  enter(Phase::kLingering, kLingerTimeout);
  if (read_ended_) return close();
  arm_read();
}

void Connection::refuse() {
  if (!transport_.is_open()) return close();
  context_.metrics.refused(RefusalReason::kConnections);
  received_ = context_.services.clock.now();
  note_.request_id = random_id("req_");
  in_request_ = true;
  keep_alive_ = false;
  body_unread_ = true;
  take_answer(error_answer({ErrorCode::kOverloaded, "This server has all the connections it takes.",
                            "", "overloaded", 1000},
                           ErrorStyle::kOpenAi, note_.request_id),
              {});
}

}  // namespace diptych
