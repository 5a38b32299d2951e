#include "http/testing/client.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <utility>

namespace diptych::testing {

namespace {

constexpr int kDeadlineSeconds = 10;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return result;
}

std::size_t number(std::string_view text, int base) {
  std::size_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

void parse_head(ClientAnswer& answer) {
  std::string_view rest = answer.head;
  const std::string_view line = rest.substr(0, rest.find("\r\n"));
  if (line.size() >= 12) answer.status = static_cast<int>(number(line.substr(9, 3), 10));
  rest.remove_prefix(line.size() + 2);
  while (!rest.starts_with("\r\n") && !rest.empty()) {
    const std::string_view header = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(header.size() + 2);
    const std::size_t colon = header.find(": ");
    if (colon == std::string_view::npos) continue;
    answer.headers.emplace_back(lower(header.substr(0, colon)), header.substr(colon + 2));
  }
}

}  // namespace

std::string_view ClientAnswer::header(std::string_view name) const {
  for (const Header& header : headers) {
    if (header.first == name) return header.second;
  }
  return {};
}

Client::Client(std::uint16_t port, int receive_buffer_bytes)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (receive_buffer_bytes > 0) {
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
  }
  const timeval deadline{.tv_sec = kDeadlineSeconds, .tv_usec = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &deadline, sizeof deadline);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) close();
}

Client::~Client() { close(); }

bool Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

std::optional<std::string> Client::read_some() {
  if (!buffer_.empty()) return std::exchange(buffer_, {});
  std::array<char, 16 << 10> bytes;
  const ssize_t size = ::recv(fd_, bytes.data(), bytes.size(), 0);
  if (size < 0) return std::nullopt;
  return std::string(bytes.data(), static_cast<std::size_t>(size));
}

bool Client::fill() {
  std::string before = std::exchange(buffer_, {});
  const auto more = read_some();
  buffer_ = std::move(before);
  if (!more || more->empty()) return false;
  buffer_ += *more;
  return true;
}

std::string Client::read_until(std::string_view mark) {
  std::size_t found = 0;
  while ((found = buffer_.find(mark)) == std::string::npos) {
    if (!fill()) return {};
  }
  std::string result = buffer_.substr(0, found + mark.size());
  buffer_.erase(0, result.size());
  return result;
}

std::string Client::read_head() { return read_until("\r\n\r\n"); }

ClientAnswer Client::read_answer(bool to_head) {
  ClientAnswer answer;
  answer.head = read_head();
  if (answer.head.empty()) return {};
  parse_head(answer);
  if (to_head || answer.status == 204) return answer;
  if (answer.header("transfer-encoding") == "chunked") {
    answer.chunked = true;
    while (true) {
      const std::size_t size = number(read_until("\r\n"), 16);
      while (buffer_.size() < size + 2) {
        if (!fill()) return {};
      }
      answer.body += buffer_.substr(0, size);
      buffer_.erase(0, size + 2);
      if (size == 0) return answer;
    }
  }
  if (answer.header("content-length").empty()) {
    while (fill()) {
    }
    answer.body = std::exchange(buffer_, {});
    return answer;
  }
  const std::size_t size = number(answer.header("content-length"), 10);
  while (buffer_.size() < size) {
    if (!fill()) return {};
  }
  answer.body = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return answer;
}

bool Client::wait_closed() {
  while (true) {
    const auto bytes = read_some();
    if (!bytes) return errno == ECONNRESET;
    if (bytes->empty()) return true;
  }
}

ClientAnswer Client::get(std::string_view path, std::string_view headers) {
  if (!send(get_request(path, headers))) return {};
  return read_answer();
}

ClientAnswer Client::post(std::string_view path, std::string_view body, std::string_view headers) {
  if (!send(post_request(path, body, headers))) return {};
  return read_answer();
}

void Client::half_close() { ::shutdown(fd_, SHUT_WR); }

void Client::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

void Client::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

std::string get_request(std::string_view path, std::string_view headers) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: test\r\n{}\r\n", path, headers);
}

std::string post_request(std::string_view path, std::string_view body, std::string_view headers) {
  return fmt::format("POST {} HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n{}\r\n{}", path,
                     body.size(), headers, body);
}

}  // namespace diptych::testing
