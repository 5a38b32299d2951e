// A connection that has become a WebSocket: frames both ways, pings, and its end.

#include <utility>

#include "http/connection.h"

namespace diptych {

namespace {

constexpr std::size_t kMessageBytesMax = std::size_t{64} << 10;  // from a client
constexpr Duration kSilenceMax = std::chrono::seconds(30);  // then a ping; as long again, the end

}  // namespace

void Connection::take_upgrade(const WebSocketHandshake& handshake,
                              const std::vector<Header>& more) {
  note_.key_id = exchange_->key_id();
  note_.status = 101;
  keep_alive_ = false;
  frames_ = std::make_unique<WebSocketReader>(kMessageBytesMax);
  if (!send(handshake_answer(handshake, note_.request_id, more))) return;
  enter(Phase::kConversing, kSilenceMax);
  arm_read();
  // The client may have spoken before it heard the answer: that stands in input_ once the request's
  // bytes are consumed.
  context_.loop.post([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->phase_ != Phase::kConversing) return;
    const std::string early = std::exchange(self->input_, {});
    if (!early.empty()) self->on_frames(early);
  });
}

ReplySink::Reader Connection::take_message(std::string_view text) {
  std::string frame;
  append_frame(frame, WebSocketOp::kText, text);
  if (!send(std::move(frame)) || transport_.unsent_bytes() == 0) return Reader::kReady;
  return Reader::kSlow;
}

void Connection::on_frames(std::string_view bytes) {
  pinged_ = false;
  enter(Phase::kConversing, kSilenceMax);
  frames_->add(bytes);
  while (phase_ == Phase::kConversing) {
    const auto message = frames_->next();
    if (!message) break;
    on_message(*message);
  }
  if (phase_ != Phase::kConversing) return;
  if (frames_->failed()) return close_conversation(frames_->close_code());
  arm_read();
}

void Connection::on_message(const WebSocketMessage& message) {
  switch (message.op) {
    case WebSocketOp::kText:
      if (const auto exchange = exchange_) exchange->hear(message.payload);
      return;
    case WebSocketOp::kPing: {
      // A peer that pings without reading gets no more answers than the socket takes.
      if (transport_.unsent_bytes() > context_.options.stream_buffer_bytes_max) return;
      std::string pong;
      append_frame(pong, WebSocketOp::kPong, message.payload);
      send(std::move(pong));
      return;
    }
    case WebSocketOp::kPong:
      return;
    case WebSocketOp::kClose:
      return close_conversation(kCloseNormal);
  }
}

void Connection::on_silence() {
  if (pinged_ || transport_.unsent_bytes() > 0) {  // gone, or it does not read
    context_.metrics.timed_out(TimeoutKind::kIdle);
    return close();
  }
  pinged_ = true;
  std::string ping;
  append_frame(ping, WebSocketOp::kPing, {});
  if (send(std::move(ping))) enter(Phase::kConversing, kSilenceMax);
}

void Connection::close_conversation(int code) {
  if (exchange_) exchange_->abandon();
  std::string frame;
  append_close(frame, code);
  phase_ = Phase::kWriting;  // whatever comes from the peer now is not answered
  if (!send(std::move(frame))) return;
  body_unread_ =
      true;  // the peer's own close may be on its way: wait for it before the socket goes
  finish_answer();
}

}  // namespace diptych
