#include "app/http_client.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <system_error>
#include <utility>

namespace diptych {
namespace {

constexpr std::size_t kHeadBytesMax = 64 << 10;

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

std::unexpected<Error> unreachable(const ServerUrl& url, std::string_view why) {
  return fail(ErrorCode::kIo,
              fmt::format("cannot reach {}:{}: {}. Is the server running? diptych serve", url.host,
                          url.port, why));
}

Result<int> connect_to(const ServerUrl& url) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int problem = getaddrinfo(url.host.c_str(), url.port.c_str(), &hints, &found);
      problem != 0) {
    return unreachable(url, gai_strerror(problem));
  }
  const std::unique_ptr<addrinfo, FreeAddresses> list(found);
  int problem = ECONNREFUSED;
  for (const addrinfo* address = list.get(); address != nullptr; address = address->ai_next) {
    const int file = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, 0);
    if (file < 0) continue;
    if (connect(file, address->ai_addr, address->ai_addrlen) == 0) return file;
    problem = errno;
    close(file);
  }
  return unreachable(url, std::generic_category().message(problem));
}

std::string text_of(const ServerUrl& url, const ClientRequest& request) {
  std::string text = fmt::format("{} {}{} HTTP/1.0\r\nHost: {}:{}\r\n", request.method, url.path,
                                 request.path, url.host, url.port);
  if (!request.key.empty()) text += fmt::format("Authorization: Bearer {}\r\n", request.key);
  if (!request.body.empty()) {
    text += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n",
                        request.body.size());
  }
  return text + "\r\n" + request.body;
}

}  // namespace

Result<ServerUrl> parse_server_url(std::string_view url) {
  const auto bad = [url](ErrorCode code, std::string_view what) {
    return fail(code, fmt::format("\"{}\" {}; write http://HOST:PORT", url, what), "server");
  };
  if (url.starts_with("https://"))
    return bad(ErrorCode::kUnsupported, "needs TLS, which this command does not speak");
  if (!url.starts_with("http://"))
    return bad(ErrorCode::kInvalidArgument, "is not the address of a server");
  std::string_view rest = url.substr(7);
  ServerUrl parsed;
  const std::size_t slash = rest.find('/');
  parsed.path = slash == std::string_view::npos ? "" : std::string(rest.substr(slash));
  while (parsed.path.ends_with('/')) parsed.path.pop_back();
  if (parsed.path.empty()) parsed.path = "/v1";
  std::string_view host = rest.substr(0, slash);
  const std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && !host.ends_with(']')) {
    parsed.port = host.substr(colon + 1);
    host = host.substr(0, colon);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty() || parsed.port.empty())
    return bad(ErrorCode::kInvalidArgument, "names no host or port");
  parsed.host = host;
  return parsed;
}

Result<ClientExchange> ClientExchange::start(const ServerUrl& url, const ClientRequest& request) {
  TRY(const int file, connect_to(url));
  ClientExchange exchange(file);
  const std::string text = text_of(url, request);
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t sent = send(file, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return unreachable(url, std::generic_category().message(errno));
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
  return exchange;
}

ClientExchange::ClientExchange(ClientExchange&& other) noexcept
    : file_(std::exchange(other.file_, -1)),
      status_(other.status_),
      head_(std::move(other.head_)) {}

ClientExchange::~ClientExchange() {
  if (file_ >= 0) close(file_);
}

Status ClientExchange::take_head() {
  constexpr std::string_view kStart = "HTTP/1.";
  const auto digits = std::string_view(head_).substr(0, 12);
  if (!digits.starts_with(kStart) || digits.size() < 12 ||
      std::from_chars(digits.data() + 9, digits.data() + 12, status_).ec != std::errc{}) {
    return fail(ErrorCode::kIo, "the answer is not HTTP");
  }
  return {};
}

Result<bool> ClientExchange::read(std::string& body) {
  std::array<char, 16 << 10> bytes;
  const ssize_t got = recv(file_, bytes.data(), bytes.size(), 0);
  if (got < 0 && errno == EINTR) return true;
  if (got < 0)
    return fail(ErrorCode::kIo, "the connection broke: " + std::generic_category().message(errno));
  if (got == 0 && status_ == 0)
    return fail(ErrorCode::kIo, "the server closed the connection without an answer");
  const std::string_view arrived(bytes.data(), static_cast<std::size_t>(got));
  if (status_ != 0) {
    body += arrived;
    return got > 0;
  }
  head_ += arrived;
  const std::size_t end = head_.find("\r\n\r\n");
  if (end == std::string::npos) {
    if (head_.size() > kHeadBytesMax)
      return fail(ErrorCode::kIo, "the head of the answer is too long");
    return true;
  }
  body += std::string_view(head_).substr(end + 4);
  TRY_STATUS(take_head());
  return true;
}

}  // namespace diptych
