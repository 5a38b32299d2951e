#pragma once
// Non-blocking client sockets of the load generator, and the kept-alive ones between requests.

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/error.h"

namespace diptych::bench {

class Socket {  // owns a file descriptor
 public:
  Socket() = default;
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept;
  ~Socket() { close(); }

  int get() const { return descriptor_; }
  void close();
  void reset();           // closes with RST
  bool is_stale() const;  // the peer has closed it, or sent what nobody asked for

 private:
  int descriptor_ = -1;
};

// Starts to connect; writable once it is connected. The address is numeric.
Result<Socket> start_connect(const std::string& host, std::uint16_t port);

class IdleSockets {
 public:
  void put(const std::string& name, Socket socket) { idle_[name] = std::move(socket); }
  Socket take(const std::string& name);  // empty when there is none that still lives
  int stale_count() const { return stale_count_; }
  void count_stale() { ++stale_count_; }

 private:
  std::unordered_map<std::string, Socket> idle_;
  int stale_count_ = 0;
};

}  // namespace diptych::bench
