#pragma once
// TLS as a filter between the socket's bytes and HTTP's bytes: no socket inside, so plain and
// encrypted connections share one code path. OpenSSL in tls.cc only.

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace diptych {

class TlsSession {  // server side of one connection
 public:
  virtual ~TlsSession() = default;
  virtual bool established() const = 0;  // the handshake is over
  // Takes bytes from the peer and appends what they decrypt to. kEnd after close_notify or a
  // protocol error.
  enum class State { kOpen, kEnd };
  virtual State decrypt(std::string_view from_peer, std::string& plain) = 0;
  virtual State encrypt(std::string_view plain) = 0;
  virtual void say_goodbye() = 0;  // close_notify
  virtual void take_output(
      std::string& out) = 0;  // appends bytes for the peer: handshake, records, alerts
};

class TlsContext {
 public:
  virtual ~TlsContext() = default;
  virtual std::unique_ptr<TlsSession> new_session() = 0;  // nullptr when out of memory
};

// TLS 1.2 and 1.3, ALPN "http/1.1". kInvalidArgument when a file is missing, unreadable or the two
// do not belong together.
Result<std::unique_ptr<TlsContext>> make_tls_context(const std::string& certificate_file,
                                                     const std::string& key_file);

}  // namespace diptych
