#include "http/listener.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/log.h"

namespace diptych {

namespace {

constexpr int kBacklog = 4096;  // the kernel lowers it to net.core.somaxconn

struct AddressListDeleter {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, AddressListDeleter>;

class OwnedFd {
 public:
  explicit OwnedFd(int fd) : fd_(fd) {}
  ~OwnedFd() {
    if (fd_ >= 0) ::close(fd_);
  }
  OwnedFd(const OwnedFd&) = delete;
  OwnedFd& operator=(const OwnedFd&) = delete;
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

std::string advice_for(int error) {
  switch (error) {
    case EADDRINUSE:
      return "another program listens there; stop it or choose another port";
    case EACCES:
      return "ports below 1024 need privileges; choose a higher one";
    case EADDRNOTAVAIL:
      return "this machine does not have that address; use 127.0.0.1, or \":PORT\" for all";
    default:
      return std::strerror(error);
  }
}

std::unexpected<Error> cannot_listen(std::string_view address, std::string_view why) {
  return fail(ErrorCode::kIo, fmt::format("Cannot listen on '{}': {}.", address, why), "listen");
}

Result<AddressList> resolve(const ListenAddress& address, std::string_view text) {
  addrinfo hints{};
  const bool is_localhost = address.host == "localhost";  // ::1 would turn away who types 127.0.0.1
  hints.ai_family = address.host.empty() ? AF_INET6 : is_localhost ? AF_INET : AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  const std::string port = std::to_string(address.port);
  addrinfo* list = nullptr;
  const char* const host = address.host.empty() ? nullptr : address.host.c_str();
  if (const int error = ::getaddrinfo(host, port.c_str(), &hints, &list); error != 0) {
    return cannot_listen(text, ::gai_strerror(error));
  }
  return AddressList(list);
}

std::uint16_t bound_port(int fd) {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0) return 0;
  const bool is_v6 = name.ss_family == AF_INET6;
  return ntohs(is_v6 ? reinterpret_cast<const sockaddr_in6&>(name).sin6_port
                     : reinterpret_cast<const sockaddr_in&>(name).sin_port);
}

void set_option(int fd, int level, int name, int value) {
  ::setsockopt(fd, level, name, &value, sizeof value);
}

// The machine has no IPv6 at all: every address then means every IPv4 address.
Result<int> open_every_ipv4_address(std::uint16_t port, std::string_view text) {
  OwnedFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
      ::listen(fd.get(), kBacklog) != 0) {
    return cannot_listen(text, advice_for(errno));
  }
  return fd.release();
}

Result<int> open_socket(const ListenAddress& address, std::string_view text) {
  TRY(const AddressList list, resolve(address, text));
  OwnedFd fd(::socket(list->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) {
    if (errno == EAFNOSUPPORT && address.host.empty()) {
      return open_every_ipv4_address(address.port, text);
    }
    return cannot_listen(text, advice_for(errno));
  }
  set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (list->ai_family == AF_INET6) {
    set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, address.host.empty() ? 0 : 1);
  }
  if (::bind(fd.get(), list->ai_addr, list->ai_addrlen) != 0 || ::listen(fd.get(), kBacklog) != 0) {
    return cannot_listen(text, advice_for(errno));
  }
  return fd.release();
}

}  // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' is not a listen address: {}. Examples: 127.0.0.1:8080, "
                            "[::1]:8080, :8080 for every address.",
                            text, why),
                "listen");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad("the port is missing");
  std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);

  ListenAddress address;
  const char* const end = port_text.data() + port_text.size();
  const auto [stop, error] = std::from_chars(port_text.data(), end, address.port);
  if (error != std::errc() || stop != end) return bad("the port must be a number from 0 to 65535");

  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    if (host.empty()) return bad("the address in brackets is empty");
    if (host == "::") host = "";  // every address: take IPv4 too
  } else if (host.find(':') != std::string_view::npos) {
    return bad("an IPv6 address needs brackets");
  }
  address.host = host == "*" ? "" : std::string(host);
  return address;
}

Result<std::unique_ptr<Listener>> Listener::open(IoLoop& loop, const std::string& text) {
  TRY(const ListenAddress address, parse_listen_address(text));
  TRY(const int fd, open_socket(address, text));
  return std::unique_ptr<Listener>(new Listener(loop, fd, bound_port(fd)));
}

void Listener::start(std::function<void(int)> on_accept) {
  on_accept_ = std::move(on_accept);
  wait();
}

void Listener::wait() {
  watch_.when_readable([this] { accept_one(); });
}

void Listener::accept_one() {
  const int fd = ::accept4(watch_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    on_accept_(fd);
  } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
    log_warn("No descriptor or memory for another connection ({}); raise the limit of open files",
             std::strerror(errno));
    paused_ = true;  // the socket stays readable: waiting on it now would spin
    return;
  }
  if (watch_.is_open()) wait();
}

void Listener::tick() {
  if (!std::exchange(paused_, false)) return;
  if (watch_.is_open()) wait();
}

}  // namespace diptych
