#include "http/websocket.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/base64.h"
#include "base/hash.h"
#include "base/unicode.h"

namespace diptych {

namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::string_view kProtocol = "diptych", kKeyProtocol = "diptych.key.";
constexpr std::size_t kKeyBytes = 16, kControlMax = 125, kMaskBytes = 4;
constexpr std::uint8_t kFin = 0x80, kReserved = 0x70, kOpMask = 0x0F, kMasked = 0x80,
                       kLengthMask = 0x7F, kLength16 = 126, kLength64 = 127, kContinuation = 0,
                       kControl = 8;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

std::string_view header_of(const std::vector<Header>& headers, std::string_view name) {
  const auto found = std::ranges::find(headers, name, &Header::first);
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

// Calls `visit` with each element of a comma-separated list until it answers true.
template <class Visit>
bool any_token(std::string_view list, Visit visit) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view token = list.substr(0, comma);
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    while (token.starts_with(' ') || token.starts_with('\t')) token.remove_prefix(1);
    while (token.ends_with(' ') || token.ends_with('\t')) token.remove_suffix(1);
    if (visit(token)) return true;
  }
  return false;
}

bool has_token(std::string_view list, std::string_view wanted) {
  return any_token(list, [wanted](std::string_view token) {
    return std::ranges::equal(token, wanted, {}, lower, lower);
  });
}

std::unexpected<Error> bad_handshake(std::string message, std::string detail = {}) {
  return fail(ErrorCode::kInvalidArgument, std::move(message), {}, std::move(detail));
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

std::uint8_t byte_at(std::string_view bytes, std::size_t index) {
  return static_cast<std::uint8_t>(bytes[index]);
}

}  // namespace

// --- handshake ----------------------------------------------------------------------------------

Result<WebSocketHandshake> read_handshake(const std::vector<Header>& headers) {
  if (!has_token(header_of(headers, "upgrade"), "websocket") ||
      !has_token(header_of(headers, "connection"), "upgrade"))
    return bad_handshake("This URL speaks WebSocket; send an upgrade request.", "upgrade_required");
  if (header_of(headers, "sec-websocket-version") != "13")
    return bad_handshake("Only version 13 of WebSocket is spoken.", "upgrade_required");
  const std::string_view key = header_of(headers, "sec-websocket-key");
  const auto decoded = base64_decode(key);
  if (!decoded || decoded->size() != kKeyBytes)
    return bad_handshake("Sec-WebSocket-Key is not 16 bytes in Base64.");
  const Sha1 digest = sha1(fmt::format("{}{}", key, kGuid));
  WebSocketHandshake handshake;
  handshake.accept = base64_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
  if (has_token(header_of(headers, "sec-websocket-protocol"), kProtocol))
    handshake.protocol = kProtocol;
  return handshake;
}

std::string handshake_answer(const WebSocketHandshake& handshake, std::string_view request_id,
                             const std::vector<Header>& more) {
  std::string head = fmt::format(
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
      "sec-websocket-accept: {}\r\nx-request-id: {}\r\n",
      handshake.accept, request_id);
  if (!handshake.protocol.empty())
    head += fmt::format("sec-websocket-protocol: {}\r\n", handshake.protocol);
  for (const auto& [name, value] : more) head += fmt::format("{}: {}\r\n", name, value);
  return head + "\r\n";
}

std::string_view offered_key(std::string_view protocols) {
  std::string_view secret;
  any_token(protocols, [&secret](std::string_view token) {
    if (!token.starts_with(kKeyProtocol)) return false;
    secret = token.substr(kKeyProtocol.size());
    return true;
  });
  return secret;
}

// --- frames from bytes --------------------------------------------------------------------------

struct WebSocketReader::Frame {
  bool last = false;
  std::uint8_t op = 0;
  std::uint8_t reserved = 0;
  bool masked = false;
  std::string payload;
};

std::optional<WebSocketMessage> WebSocketReader::fail(int code) {
  close_code_ = code;
  std::string().swap(buffer_);
  taken_ = 0;
  std::string().swap(message_);
  return std::nullopt;
}

int WebSocketReader::check_head(const Frame& frame, std::uint64_t length) const {
  if (frame.reserved != 0 || !frame.masked) return kCloseProtocol;
  const bool control = frame.op >= kControl;
  if (control && (!frame.last || length > kControlMax)) return kCloseProtocol;
  if (!control && length + message_.size() > message_bytes_max_) return kCloseTooBig;
  return 0;
}

// Nothing: the frame is not whole yet, or its head is bad. A frame past the limit is refused by its
// head: the buffer holds no more than one message and what came with it.
std::optional<WebSocketReader::Frame> WebSocketReader::take_frame() {
  const std::string_view bytes = std::string_view(buffer_).substr(taken_);
  if (bytes.size() < 2) return std::nullopt;
  Frame frame{.last = (byte_at(bytes, 0) & kFin) != 0,
              .op = static_cast<std::uint8_t>(byte_at(bytes, 0) & kOpMask),
              .reserved = static_cast<std::uint8_t>(byte_at(bytes, 0) & kReserved),
              .masked = (byte_at(bytes, 1) & kMasked) != 0,
              .payload = {}};
  std::uint64_t length = byte_at(bytes, 1) & kLengthMask;
  std::size_t at = 2;
  const std::size_t length_bytes = length == kLength16 ? 2 : (length == kLength64 ? 8 : 0);
  if (bytes.size() < at + length_bytes) return std::nullopt;
  if (length_bytes > 0) length = big_endian(bytes.substr(at, length_bytes));
  at += length_bytes;
  if (const int code = check_head(frame, length); code != 0) {
    fail(code);
    return std::nullopt;
  }
  if (bytes.size() < at + kMaskBytes || bytes.size() - at - kMaskBytes < length)
    return std::nullopt;
  const std::string_view mask = bytes.substr(at, kMaskBytes);
  frame.payload = bytes.substr(at + kMaskBytes, static_cast<std::size_t>(length));
  for (std::size_t i = 0; i < frame.payload.size(); ++i)
    frame.payload[i] = static_cast<char>(frame.payload[i] ^ mask[i % kMaskBytes]);
  taken_ += at + kMaskBytes + frame.payload.size();
  return frame;
}

std::optional<WebSocketMessage> WebSocketReader::take(Frame frame) {
  switch (frame.op) {
    case static_cast<std::uint8_t>(WebSocketOp::kClose):
    case static_cast<std::uint8_t>(WebSocketOp::kPing):
    case static_cast<std::uint8_t>(WebSocketOp::kPong):
      return WebSocketMessage{static_cast<WebSocketOp>(frame.op), std::move(frame.payload)};
    case static_cast<std::uint8_t>(WebSocketOp::kText):
      if (in_message_) return fail(kCloseProtocol);
      message_ = std::move(frame.payload);
      break;
    case kContinuation:  // of a text
      if (!in_message_) return fail(kCloseProtocol);
      message_ += frame.payload;
      break;
    case 2:  // binary
      return fail(kCloseUnsupported);
    default:
      return fail(kCloseProtocol);
  }
  in_message_ = !frame.last;
  if (in_message_) return std::nullopt;
  if (!is_valid_utf8(message_)) return fail(kCloseNotUtf8);
  return WebSocketMessage{WebSocketOp::kText, std::exchange(message_, {})};
}

void WebSocketReader::add(std::string_view bytes) {
  buffer_.erase(0, std::exchange(taken_, 0));
  buffer_ += bytes;
}

std::optional<WebSocketMessage> WebSocketReader::next() {
  while (!failed()) {
    std::optional<Frame> frame = take_frame();
    if (!frame) return std::nullopt;
    if (auto message = take(std::move(*frame))) return message;
  }
  return std::nullopt;
}

// --- bytes from frames --------------------------------------------------------------------------

void append_frame(std::string& out, WebSocketOp op, std::string_view payload) {
  out += static_cast<char>(kFin | static_cast<std::uint8_t>(op));
  const auto push = [&out](std::uint64_t value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
      out += static_cast<char>(value >> shift & 0xFF);
  };
  if (payload.size() <= kControlMax) {
    push(payload.size(), 1);
  } else if (payload.size() <= 0xFFFF) {
    push(kLength16, 1);
    push(payload.size(), 2);
  } else {
    push(kLength64, 1);
    push(payload.size(), 8);
  }
  out += payload;
}

void append_close(std::string& out, int code) {
  const char payload[] = {static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  append_frame(out, WebSocketOp::kClose, {payload, sizeof payload});
}

}  // namespace diptych
