#pragma once
// Listening sockets: from the text of an address to a stream of accepted descriptors.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/io_loop.h"

namespace diptych {

struct ListenAddress {
  std::string host;  // "" means every address, IPv4 and IPv6
  std::uint16_t port = 0;
};

// "127.0.0.1:8080", "[::1]:0", "localhost:80", ":8080", "*:8080".
Result<ListenAddress> parse_listen_address(std::string_view text);

class Listener {  // I/O thread only, after open()
 public:
  // kIo when the address cannot be bound; the message says what to do.
  static Result<std::unique_ptr<Listener>> open(IoLoop& loop, const std::string& address);

  std::uint16_t port() const { return port_; }
  // One descriptor per turn of the loop, so that a storm of connections cannot starve running ones.
  void start(std::function<void(int fd)> on_accept);
  void close() { watch_.close(); }
  void tick();  // accepts again after the process ran out of descriptors

 private:
  Listener(IoLoop& loop, int fd, std::uint16_t port) : watch_(loop, fd), port_(port) {}
  void wait();
  void accept_one();

  FdWatch watch_;
  std::uint16_t port_;
  std::function<void(int)> on_accept_;
  bool paused_ = false;
};

}  // namespace diptych
