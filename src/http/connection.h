#pragma once
// One client connection: reads requests one after the other, has each answered by an Exchange,
// writes the answers, and notices at once when the client leaves. I/O thread only.
//
// Bytes that arrive while an answer is in the making (pipelining) are kept, up to a bound; past it
// the socket is not read and the kernel is asked at every tick whether the peer is still there.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/access_log.h"
#include "http/exchange.h"
#include "http/request_reader.h"
#include "http/response_head.h"
#include "http/server_context.h"
#include "http/transport.h"
#include "http/websocket.h"

namespace diptych {

class Connection final : public std::enable_shared_from_this<Connection>, private ReplySink {
 public:
  Connection(ServerContext& context, int fd, std::unique_ptr<TlsSession> tls);

  void start();
  void refuse();  // instead of start(): one connection too many
  void drain();   // closes now if idle, else after the running answer
  void close();
  void tick(Monotonic now);  // looks at the deadline

 private:
  enum class Phase {
    kIdle,        // between requests
    kHead,        // reading a request's head
    kBody,        // reading its body
    kAnswering,   // the exchange works on the answer, or streams it
    kConversing,  // a WebSocket
    kWriting,     // the answer is complete, not yet written
    kLingering,   // said FIN; lets the peer read the answer before the socket goes
    kClosed,
  };

  // Reading (connection.cc)
  void arm_read();
  void on_readable();
  void on_bytes(std::string_view bytes);
  void on_peer_end();
  void continue_reading();
  void consume(std::string_view bytes);  // a request at most; keeps the rest
  void schedule_reading();
  void read_request(std::string_view& bytes);
  void begin_request();
  void on_head();
  void on_request();
  void on_bad_request(const Error& error);
  bool account_body();

  // Writing (connection_reply.cc)
  void body_released() override;
  void take_answer(Answer answer, const std::vector<Header>& more) override;
  Body take_stream_head(Answer head, const std::vector<Header>& more) override;
  Reader take_chunk(std::string bytes) override;
  void take_stream_end(StreamEnd end) override;
  void take_upgrade(const WebSocketHandshake& handshake, const std::vector<Header>& more) override;
  Reader take_message(std::string_view text) override;
  std::string format_head(const Answer& answer, BodyFraming framing,
                          const std::vector<Header>& more) const;
  bool send(std::string bytes);
  void arm_write();
  void on_writable();
  void finish_answer();
  void complete();
  void linger();

  // WebSocket (connection_websocket.cc)
  void on_frames(std::string_view bytes);
  void on_message(const WebSocketMessage& message);
  void on_silence();
  void close_conversation(int code);

  // Ends
  void client_left(WaitPhase phase);
  void on_timeout();
  void end_request();  // counts and logs it
  void enter(Phase phase, std::optional<Duration> timeout);

  ServerContext& context_;
  Transport transport_;
  Phase phase_ = Phase::kIdle;
  Monotonic deadline_ = Monotonic::max();
  std::string input_;  // received, not yet consumed
  std::unique_ptr<RequestReader> reader_;
  std::optional<Entry> entry_;
  std::shared_ptr<Exchange> exchange_;
  std::unique_ptr<WebSocketReader> frames_;  // of a WebSocket
  bool pinged_ = false;                      // and nothing has come since
  RequestNote note_;
  Monotonic received_{};
  std::size_t held_body_bytes_ = 0;
  bool read_armed_ = false, write_armed_ = false;
  bool read_ended_ = false;  // the peer sends no more
  bool in_request_ = false;  // since the first byte of a request, until it is logged
  bool consuming_ = false;   // in consume(), which knows better than complete() what comes next
  bool keep_alive_ = true;
  bool is_http_1_0_ = false;
  bool body_unread_ = false;  // answered before the body was read: closing must linger
  bool in_flight_ = false;
};

}  // namespace diptych
