#pragma once
// WebSocket (RFC 6455) on the server's side: the handshake's fields, frames from bytes, bytes from
// frames. No extensions; text messages only.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/call.h"
#include "base/error.h"

namespace diptych {

// What the request's head says. Errors (kInvalidArgument): not an upgrade, another version, a bad
// key; detail "upgrade_required" where an upgrade is missing.
struct WebSocketHandshake {
  std::string accept;    // Sec-WebSocket-Accept
  std::string protocol;  // the subprotocol that is spoken; "": none was offered
};
Result<WebSocketHandshake> read_handshake(const std::vector<Header>& headers);
std::string handshake_answer(const WebSocketHandshake& handshake, std::string_view request_id,
                             const std::vector<Header>& more);

// A browser cannot set Authorization: it offers the subprotocols "diptych" and
// "diptych.key.SECRET". The secret; "" when there is none.
std::string_view offered_key(std::string_view protocols);

enum class WebSocketOp : std::uint8_t { kText = 1, kClose = 8, kPing = 9, kPong = 10 };

struct WebSocketMessage {
  WebSocketOp op = WebSocketOp::kText;
  std::string payload;
};

// Why a connection is closed: RFC 6455, 7.4.1.
inline constexpr int kCloseNormal = 1000, kCloseGoingAway = 1001, kCloseProtocol = 1002,
                     kCloseUnsupported = 1003, kCloseNotUtf8 = 1007, kCloseTooBig = 1009,
                     kCloseInternal = 1011;

class WebSocketReader {  // of a client's frames, which are masked
 public:
  explicit WebSocketReader(std::size_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}

  void add(std::string_view bytes);
  // The next whole message; nullopt: more bytes are needed, or failed().
  std::optional<WebSocketMessage> next();
  bool failed() const { return close_code_ != 0; }
  int close_code() const { return close_code_; }

 private:
  struct Frame;
  std::optional<Frame> take_frame();
  std::optional<WebSocketMessage> take(Frame frame);
  std::optional<WebSocketMessage> fail(int code);
  int check_head(const Frame& frame, std::uint64_t length) const;

  const std::size_t message_bytes_max_;
  std::string buffer_;
  std::size_t taken_ = 0;    // bytes at the buffer's front that are done with
  std::string message_;      // of the fragments so far
  bool in_message_ = false;  // between its first and its last fragment
  int close_code_ = 0;
};

void append_frame(std::string& out, WebSocketOp op, std::string_view payload);  // unmasked, whole
void append_close(std::string& out, int code);

}  // namespace diptych
