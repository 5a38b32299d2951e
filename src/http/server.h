#pragma once
// HTTP/1.1 server on Boost.Beast (headers of Beast only in http/*.cc). One I/O thread, a few
// handler threads.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "api/route.h"
#include "base/error.h"
#include "base/metrics.h"

namespace diptych {

struct ServerOptions {
  std::string listen = "127.0.0.1:8080";  // "[::1]:0" works; port 0 picks one
  int connections_max = 4096;
  std::size_t header_bytes_max = 32 << 10;
  std::size_t body_bytes_max = std::size_t{32} << 20;
  std::chrono::milliseconds header_timeout{10'000}, body_timeout{60'000}, idle_timeout{75'000},
      write_timeout{60'000};
  int handler_threads = 2;
  int handler_queue_max = 512;  // calls waiting for a handler thread; the next one is answered 429
  std::string tls_certificate, tls_key;  // PEM files; both or none
  std::string
      cors_origin;  // "": CORS closed; "*": any page; else a comma-separated list of origins
  bool require_key = false;     // app/ sets it for any address that is not loopback
  int requests_per_minute = 0;  // per key; 0: no limit, and then no x-ratelimit headers are sent
  std::size_t held_body_bytes_max =
      std::size_t{512} << 20;  // request bodies in memory, all connections; past it: 503
  std::size_t stream_buffer_bytes_max = 256 << 10;  // per connection, while the peer does not read
};

class Server {
 public:
  virtual ~Server() = default;
  virtual std::uint16_t port() const = 0;
  virtual void run() = 0;    // the I/O loop; returns after stop
  virtual void drain() = 0;  // any thread, not from a signal handler: stop accepting, finish what
                             // runs, then run() returns
  virtual void stop_now() = 0;  // the same: close everything
};

// kIo when the address cannot be bound (message names it and says what to do); kInvalidArgument for
// a bad address or TLS file; kInternal when the table of routes contradicts itself. The routes must
// outlive the server.
//
// A client that stops sending (FIN) while its answer is being made counts as gone, and the work
// behind the answer is cancelled: TCP cannot tell a half-closed client from one that left, and no
// HTTP client in use half-closes.
Result<std::unique_ptr<Server>> make_server(const ServerOptions& options,
                                            std::span<const Route> routes, Services& services);

}  // namespace diptych
