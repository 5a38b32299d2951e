#pragma once
// A blocking HTTP client for tests: sends raw bytes, reads one answer. Every wait has a deadline;
// past it the answer is empty (status 0) and the test fails on that.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/call.h"

namespace diptych::testing {

struct ClientAnswer {
  int status = 0;  // 0: no complete answer came
  std::string head, body;
  std::vector<Header> headers;  // names in lower case
  std::string_view header(std::string_view name) const;
  bool chunked = false;
};

class Client {
 public:
  explicit Client(std::uint16_t port, int receive_buffer_bytes = 0);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool send(std::string_view bytes);
  std::optional<std::string> read_some();          // "" at the end; nullopt: deadline or reset
  ClientAnswer read_answer(bool to_head = false);  // to_head: the answer of a HEAD has no body
  std::string read_until(
      std::string_view mark);  // everything up to and with the mark, "" without it
  std::string read_head();
  bool wait_closed();  // true: the server closed, after any bytes
  ClientAnswer get(std::string_view path, std::string_view headers = {});
  ClientAnswer post(std::string_view path, std::string_view body, std::string_view headers = {});

  void half_close();
  void reset();  // RST
  void close();
  int fd() const { return fd_; }

 private:
  bool fill();  // reads more into buffer_

  int fd_;
  std::string buffer_;
};

std::string get_request(std::string_view path, std::string_view headers = {});
std::string post_request(std::string_view path, std::string_view body,
                         std::string_view headers = {});

}  // namespace diptych::testing
