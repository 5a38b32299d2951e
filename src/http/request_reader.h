#pragma once
// One request from a stream of bytes, within limits. Beast's parser in request_reader.cc only.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/call.h"
#include "base/error.h"

namespace diptych {

struct RequestHead {
  std::string method, target;   // as sent
  std::vector<Header> headers;  // names in lower case
  bool is_http_1_0 = false;
  bool keep_alive = true;
  bool chunked = false;
  std::optional<std::uint64_t> content_length;

  bool has_body() const { return chunked || content_length.value_or(0) > 0; }
  std::string_view header(std::string_view name) const;  // first; "" when missing
};

struct ReaderLimits {
  std::size_t header_bytes_max = 32 << 10;
  std::size_t header_count_max = 200;
  std::size_t body_bytes_max = std::size_t{32} << 20;
};

class RequestReader {
 public:
  explicit RequestReader(const ReaderLimits& limits);
  ~RequestReader();

  // kHead comes once, before any of the body is read, so that the caller may refuse on the head
  // alone.
  enum class Progress { kNeedMore, kHead, kDone, kFailed };
  Progress feed(
      std::string_view& bytes);  // removes what it consumed; present the rest again with more

  RequestHead& head();
  const Error& error()
      const;  // after kFailed. The connection cannot be trusted afterwards: answer and close
  std::size_t body_bytes() const;
  std::string take_body();
  void discard_body();  // reads the rest of the body without keeping it

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace diptych
