#pragma once
// One accepted socket, plain or TLS: non-blocking reads and a bounded-by-the-caller output queue.
// I/O thread only.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/io_loop.h"
#include "http/tls.h"

namespace diptych {

// Read buffers that all connections of the I/O thread share, so that an idle connection owns none.
struct ReadScratch {
  std::string socket_bytes = std::string(std::size_t{64} << 10, '\0');
  std::string plain;
};

class Transport {
 public:
  Transport(IoLoop& loop, int fd, ReadScratch& scratch, std::unique_ptr<TlsSession> tls);

  enum class ReadState {
    kBytes,
    kNothing,
    kEnd
  };  // kEnd: the peer closed, or the connection broke
  struct Read {
    ReadState state;
    std::string_view bytes;  // valid until any transport reads again
  };
  Read read();

  // Queues bytes and writes what the socket takes at once. False: the connection is broken.
  bool send(std::string bytes);
  bool flush();
  std::size_t unsent_bytes() const { return unsent_bytes_; }

  void when_readable(std::function<void()> ready) { watch_.when_readable(std::move(ready)); }
  void when_writable(std::function<void()> ready) { watch_.when_writable(std::move(ready)); }

  bool is_open() const { return watch_.is_open(); }
  bool handshake_done() const { return !tls_ || tls_->established(); }
  bool peer_has_closed() const;  // by the kernel's word, even while received bytes wait unread
  void finish_sending();         // FIN after what was sent; reading goes on
  void close() { watch_.close(); }

 private:
  void take_tls_output();
  void queue(std::string bytes);

  FdWatch watch_;
  ReadScratch& scratch_;
  std::unique_ptr<TlsSession> tls_;
  std::vector<std::string> output_;
  std::size_t output_offset_ = 0;  // sent bytes of output_.front()
  std::size_t unsent_bytes_ = 0;
};

// Options every accepted socket gets: no Nagle delay, a probe for vanished peers, at most
// `unsent_bytes_max` unsent bytes in the kernel.
void tune_socket(int fd, std::size_t unsent_bytes_max);

}  // namespace diptych
