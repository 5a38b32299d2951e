#include "http/transport.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

namespace diptych {

namespace {
constexpr std::size_t kBytesPerTurn = std::size_t{1} << 20;  // then other connections get theirs

void set_option(int fd, int level, int name, int value) {
  ::setsockopt(fd, level, name, &value, sizeof value);
}
}  // namespace

Transport::Transport(IoLoop& loop, int fd, ReadScratch& scratch, std::unique_ptr<TlsSession> tls)
    : watch_(loop, fd), scratch_(scratch), tls_(std::move(tls)) {}

Transport::Read Transport::read() {
  std::string& buffer = scratch_.socket_bytes;
  const ssize_t size = ::recv(watch_.fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
    return {ReadState::kNothing, {}};
  }
  if (size <= 0) return {ReadState::kEnd, {}};
  const std::string_view bytes(buffer.data(), static_cast<std::size_t>(size));
  if (!tls_) return {ReadState::kBytes, bytes};

  scratch_.plain.clear();
  const TlsSession::State state = tls_->decrypt(bytes, scratch_.plain);
  take_tls_output();
  if (!flush()) return {ReadState::kEnd, {}};
  if (!scratch_.plain.empty()) return {ReadState::kBytes, scratch_.plain};
  return {state == TlsSession::State::kOpen ? ReadState::kNothing : ReadState::kEnd, {}};
}

bool Transport::send(std::string bytes) {
  if (!tls_) {
    queue(std::move(bytes));
    return flush();
  }
  if (tls_->encrypt(bytes) == TlsSession::State::kEnd) return false;
  take_tls_output();
  return flush();
}

void Transport::queue(std::string bytes) {
  if (bytes.empty()) return;
  unsent_bytes_ += bytes.size();
  output_.push_back(std::move(bytes));
}

void Transport::take_tls_output() {
  std::string bytes;
  tls_->take_output(bytes);
  queue(std::move(bytes));
}

bool Transport::flush() {
  std::size_t sent_this_turn = 0;
  std::size_t done = 0;  // strings sent completely
  bool broken = false;
  while (done < output_.size() && sent_this_turn < kBytesPerTurn) {
    const std::string& front = output_[done];
    const int more = done + 1 < output_.size() ? MSG_MORE : 0;
    const ssize_t size = ::send(watch_.fd(), front.data() + output_offset_,
                                front.size() - output_offset_, MSG_DONTWAIT | MSG_NOSIGNAL | more);
    if (size < 0) {
      if (errno == EINTR) continue;
      broken = errno != EAGAIN && errno != EWOULDBLOCK;
      break;
    }
    const auto written = static_cast<std::size_t>(size);
    sent_this_turn += written;
    unsent_bytes_ -= written;
    output_offset_ += written;
    if (output_offset_ == front.size()) {
      ++done;
      output_offset_ = 0;
    }
  }
  output_.erase(output_.begin(), output_.begin() + static_cast<std::ptrdiff_t>(done));
  if (output_.empty()) output_.shrink_to_fit();
  return !broken;
}

bool Transport::peer_has_closed() const {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(watch_.fd(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return true;
  return info.tcpi_state != TCP_ESTABLISHED;
}

void Transport::finish_sending() {
  if (tls_) {
    tls_->say_goodbye();
    take_tls_output();
    flush();
  }
  ::shutdown(watch_.fd(), SHUT_WR);
}

void tune_socket(int fd, std::size_t unsent_bytes_max) {
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);  // a peer that lost power never says FIN
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 30);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
  constexpr std::size_t kMax = std::numeric_limits<int>::max();
  set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT,
             static_cast<int>(std::min(unsent_bytes_max, kMax)));
}

}  // namespace diptych
