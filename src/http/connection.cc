#include "http/connection.h"

#include <fmt/format.h>

#include <utility>

#include "base/rng.h"
#include "http/target.h"

namespace diptych {

namespace {

constexpr std::size_t kPipelinedBytesMax = std::size_t{64} << 10;
constexpr std::size_t kDiscardedBodyMax =
    std::size_t{64} << 10;  // read a refused body this small to keep the connection

ReaderLimits reader_limits(const ServerOptions& options) {
  return {.header_bytes_max = options.header_bytes_max, .body_bytes_max = options.body_bytes_max};
}

bool expects_continue(const RequestHead& head) {
  return !head.is_http_1_0 && head.has_body() && !head.header("expect").empty();
}

bool is_small_and_coming(const RequestHead& head) {
  return head.content_length.value_or(kDiscardedBodyMax + 1) <= kDiscardedBodyMax &&
         head.header("expect").empty();
}

}  // namespace

Connection::Connection(ServerContext& context, int fd, std::unique_ptr<TlsSession> tls)
    : context_(context), transport_(context.loop, fd, context.scratch, std::move(tls)) {}

void Connection::start() {
  const auto& options = context_.options;
  enter(Phase::kIdle, transport_.handshake_done() ? options.idle_timeout : options.header_timeout);
  if (!transport_.is_open()) return close();
  arm_read();
}

void Connection::arm_read() {
  if (read_armed_ || read_ended_ || phase_ == Phase::kClosed) return;
  read_armed_ = true;
  transport_.when_readable([weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->read_armed_ = false;
      self->on_readable();
    }
  });
}

void Connection::on_readable() {
  if (phase_ == Phase::kClosed) return;
  const Transport::Read read = transport_.read();
  arm_write();  // a TLS handshake answers by itself
  switch (read.state) {
    case Transport::ReadState::kNothing:
      return arm_read();
    case Transport::ReadState::kEnd:
      return on_peer_end();
    case Transport::ReadState::kBytes:
      context_.metrics.received_bytes.add(static_cast<double>(read.bytes.size()));
      return on_bytes(read.bytes);
  }
}

void Connection::on_bytes(std::string_view bytes) {
  if (phase_ == Phase::kLingering) return arm_read();
  if (phase_ == Phase::kConversing) return on_frames(bytes);
  if (phase_ == Phase::kAnswering || phase_ == Phase::kWriting) {
    input_ += bytes;
    if (input_.size() < kPipelinedBytesMax) arm_read();
    return;
  }
  if (!input_.empty()) {
    input_ += bytes;
    return continue_reading();
  }
  consume(bytes);  // the common case: straight from the shared buffer
}

void Connection::continue_reading() {
  if (phase_ != Phase::kIdle && phase_ != Phase::kHead && phase_ != Phase::kBody) return;
  const std::string bytes = std::exchange(input_, {});
  consume(bytes);
}

void Connection::consume(std::string_view bytes) {
  consuming_ = true;
  read_request(bytes);
  consuming_ = false;
  if (phase_ == Phase::kClosed) return;
  if (!bytes.empty() && phase_ != Phase::kLingering) input_ = bytes;
  if (phase_ == Phase::kIdle && !input_.empty()) return schedule_reading();
  if (read_ended_) return on_peer_end();
  arm_read();
}

void Connection::schedule_reading() {
  context_.loop.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->continue_reading();
  });
}

// At most one request: the next one waits for its own turn of the loop, so that pipelining cannot
// starve others.
void Connection::read_request(std::string_view& bytes) {
  if (phase_ == Phase::kIdle) {
    while (bytes.starts_with("\r\n")) bytes.remove_prefix(2);  // RFC 9112, 2.2
    if (bytes.empty()) return;
    begin_request();
  }
  while (phase_ == Phase::kHead || phase_ == Phase::kBody) {
    const RequestReader::Progress progress = reader_->feed(bytes);
    if (progress == RequestReader::Progress::kFailed) return on_bad_request(reader_->error());
    if (!account_body()) return;
    if (progress == RequestReader::Progress::kNeedMore) return;
    if (progress == RequestReader::Progress::kDone) return on_request();
    on_head();
  }
}

void Connection::begin_request() {
  reader_ = std::make_unique<RequestReader>(reader_limits(context_.options));
  received_ = context_.services.clock.now();
  note_ = {};
  note_.request_id = random_id("req_");
  in_request_ = true;
  keep_alive_ = true;
  is_http_1_0_ = false;
  body_unread_ = false;
  enter(Phase::kHead, context_.options.header_timeout);
}

void Connection::on_head() {
  RequestHead& head = reader_->head();
  note_.method = head.method;
  note_.path = without_query(head.target);
  note_.client_request_id = loggable_id(head.header("x-client-request-id"));
  keep_alive_ = head.keep_alive;
  is_http_1_0_ = head.is_http_1_0;
  const bool wants_continue = expects_continue(head);
  const bool has_body = head.has_body();
  const bool can_discard = is_small_and_coming(head);

  entry_ = context_.front_door.admit(head, note_.request_id, received_);
  if (entry_->route != nullptr) note_.route = entry_->route->path;
  enter(Phase::kBody, context_.options.body_timeout);
  if (entry_->answer && has_body) {
    if (can_discard) return reader_->discard_body();
    keep_alive_ = false;
    body_unread_ = true;
    return take_answer(std::move(*entry_->answer), entry_->answer_headers);
  }
  if (wants_continue && !entry_->answer) send("HTTP/1.1 100 Continue\r\n\r\n");
}

void Connection::on_request() {
  entry_->call.body = reader_->take_body();
  reader_.reset();
  context_.metrics.requests_in_flight.add(1);
  in_flight_ = true;
  enter(Phase::kAnswering, std::nullopt);
  if (entry_->answer) {
    return take_answer(std::move(*entry_->answer), entry_->answer_headers);
  }
  ReplySink& sink = *this;
  exchange_ = std::make_shared<Exchange>(context_, std::move(*entry_), sink);
  entry_.reset();
  exchange_->start();
}

void Connection::on_bad_request(const Error& error) {
  const RequestHead& head = reader_->head();
  if (!head.method.empty()) {
    note_.method = head.method;
    note_.path = without_query(head.target);
    is_http_1_0_ = head.is_http_1_0;
  }
  keep_alive_ = false;
  body_unread_ = true;
  take_answer(error_answer(error, ErrorStyle::kOpenAi, note_.request_id), {});
}

// False: all bodies together are over their bound, and this request was refused for it.
bool Connection::account_body() {
  const std::size_t bytes = reader_->body_bytes();
  context_.held_body_bytes += bytes - held_body_bytes_;  // modular: bytes may have shrunk
  const bool grew = bytes > std::exchange(held_body_bytes_, bytes);
  if (!grew || context_.held_body_bytes <= context_.options.held_body_bytes_max) return true;
  context_.metrics.refused(RefusalReason::kBodyMemory);
  on_bad_request(
      {ErrorCode::kOverloaded, "Too many large requests at once.", "", "overloaded", 1000});
  return false;
}

void Connection::on_peer_end() {
  read_ended_ = true;
  switch (phase_) {
    case Phase::kAnswering:
    case Phase::kConversing:
      return client_left(exchange_ ? exchange_->phase() : WaitPhase::kQueued);
    case Phase::kWriting:
    case Phase::kClosed:
      return;  // the answer is complete: the peer may have stopped sending only
    case Phase::kIdle:
      if (!input_.empty())
        return;  // complete requests may wait there; continue_reading() is scheduled
      return close();
    default:
      return close();
  }
}

void Connection::client_left(WaitPhase phase) {
  context_.metrics.disconnected(phase);
  note_.status = 499;
  note_.left_while = phase;
  close();
}

void Connection::tick(Monotonic now) {
  const bool reading_stopped = phase_ == Phase::kAnswering && !read_armed_ && !read_ended_;
  if (reading_stopped && transport_.peer_has_closed()) return on_peer_end();
  if (now >= deadline_) return on_timeout();
  if (const auto exchange = exchange_) exchange->tick(now);
}

void Connection::on_timeout() {
  const auto time_out = [&](TimeoutKind kind) { context_.metrics.timed_out(kind); };
  switch (phase_) {
    case Phase::kIdle:
      time_out(transport_.handshake_done() ? TimeoutKind::kIdle : TimeoutKind::kHeader);
      return close();
    case Phase::kHead:
    case Phase::kBody: {
      const bool in_head = phase_ == Phase::kHead;
      time_out(in_head ? TimeoutKind::kHeader : TimeoutKind::kBody);
      return on_bad_request(
          {ErrorCode::kTimeout,
           fmt::format("The request's {} did not arrive in time.", in_head ? "head" : "body"), "",
           "request_timeout"});
    }
    case Phase::kAnswering:
    case Phase::kWriting:
      time_out(TimeoutKind::kWrite);
      return close();
    case Phase::kConversing:
      return on_silence();
    case Phase::kLingering:
    case Phase::kClosed:
      return close();
  }
}

void Connection::drain() {
  if (phase_ == Phase::kIdle && input_.empty()) close();
  if (phase_ == Phase::kConversing) close_conversation(kCloseGoingAway);
}

void Connection::close() {
  if (phase_ == Phase::kClosed) return;
  if (exchange_) exchange_->abandon();
  if (in_request_ && note_.status != 0) end_request();
  body_released();
  if (std::exchange(in_flight_, false)) context_.metrics.requests_in_flight.add(-1);
  enter(Phase::kClosed, std::nullopt);
  transport_.close();
  context_.owner.connection_closed(*this);
}

void Connection::enter(Phase phase, std::optional<Duration> timeout) {
  phase_ = phase;
  deadline_ = timeout ? context_.services.clock.now() + *timeout : Monotonic::max();
}

}  // namespace diptych
