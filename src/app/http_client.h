#pragma once
// A small blocking HTTP/1.0 client for our own server: one request a connection, the answer ends
// when the peer closes.

#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace diptych {

struct ServerUrl {
  std::string host;
  std::string port = "80";
  std::string path;  // "" or "/v1", without a slash at the end
};

// "http://127.0.0.1:8080/v1". kUnsupported: https. Without a path: "/v1".
Result<ServerUrl> parse_server_url(std::string_view url);

struct ClientRequest {
  std::string method, path;
  std::string body;  // JSON; may be empty
  std::string key;   // bearer token; may be empty
};

class ClientExchange {  // destroying it closes the connection, which cancels the request
 public:
  static Result<ClientExchange> start(const ServerUrl& url, const ClientRequest& request);
  ClientExchange(ClientExchange&& other) noexcept;
  ClientExchange& operator=(ClientExchange&&) = delete;
  ~ClientExchange();

  int file() const { return file_; }      // readable: read() will not block
  int status() const { return status_; }  // 0 until the head has arrived
  // Appends what arrived of the body. False: the answer is complete.
  Result<bool> read(std::string& body);

 private:
  explicit ClientExchange(int file) : file_(file) {}
  Status take_head();

  int file_;
  int status_ = 0;
  std::string head_;
};

}  // namespace diptych
