#include "http/request_reader.h"

// Beast asserts that a last chunk never arrives in pieces of fewer than five bytes, which a peer
// decides, not we. The code behind the assertion is right for them.
#define BOOST_DISABLE_ASSERTS
#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <utility>

namespace diptych {

namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

Error malformed(std::string message, std::string detail = {}) {
  return {ErrorCode::kInvalidArgument, std::move(message), "", std::move(detail), 0};
}

Error head_too_large(const ReaderLimits& limits) {
  return malformed(fmt::format("The request's headers are over the limit of {} bytes or {} lines.",
                               limits.header_bytes_max, limits.header_count_max),
                   "header_too_large");
}

Error error_for(const beast::error_code& error, const ReaderLimits& limits) {
  if (error == http::error::header_limit) return head_too_large(limits);
  if (error == http::error::body_limit) {
    return malformed(
        fmt::format("The request's body is over the limit of {} bytes.", limits.body_bytes_max),
        "request_too_large");
  }
  if (error == http::error::bad_version) {
    return malformed("Only HTTP/1.0 and HTTP/1.1 are spoken here.");
  }
  return malformed(fmt::format("Malformed HTTP request: {}.", error.message()));
}

}  // namespace

std::string_view RequestHead::header(std::string_view name) const {
  for (const Header& header : headers) {
    if (header.first == name) return header.second;
  }
  return {};
}

class RequestReader::Parser final : public http::basic_parser<true> {
 public:
  explicit Parser(const ReaderLimits& limits) : limits_(limits) {
    header_limit(
        static_cast<std::uint32_t>(std::min<std::size_t>(limits.header_bytes_max, 1 << 30)));
    body_limit(limits.body_bytes_max);
  }

  Progress feed(std::string_view& bytes) {
    if (!error_.message.empty()) return Progress::kFailed;
    while (!is_done()) {
      if (bytes.empty()) return Progress::kNeedMore;
      const bool had_head = is_header_done();
      beast::error_code error;
      const std::size_t used = put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
      bytes.remove_prefix(used);
      if (!had_head) header_bytes_ += used;
      if (error == http::error::need_more) return need_more(bytes.size());
      if (error) return refuse(error_for(error, limits_));
      if (!had_head && is_header_done()) return finish_head();
    }
    return Progress::kDone;
  }

  void discard_body() {
    keep_body_ = false;
    std::string().swap(body_);
  }

  RequestHead head_;
  Error error_;
  std::string body_;

 private:
  // What is left cannot be consumed yet: part of the head, or of a chunk's own header line.
  Progress need_more(std::size_t waiting) {
    const bool in_body = is_header_done();
    if ((in_body ? waiting : header_bytes_ + waiting) <= limits_.header_bytes_max) {
      return Progress::kNeedMore;
    }
    return refuse(in_body ? malformed("A chunk header of the request's body is too long.")
                          : head_too_large(limits_));
  }

  Progress finish_head() {
    if (header_bytes_ > limits_.header_bytes_max) {
      return refuse(head_too_large(limits_));
    }
    head_.keep_alive = keep_alive();
    head_.chunked = chunked();
    if (const auto length = content_length()) head_.content_length = *length;
    const auto hosts = std::ranges::count(head_.headers, "host", &Header::first);
    if (hosts > 1 || (hosts == 0 && !head_.is_http_1_0)) {
      return refuse(malformed("An HTTP/1.1 request needs exactly one Host header."));
    }
    const std::string_view encoding = head_.header("transfer-encoding");
    if (!encoding.empty() &&
        (!head_.chunked || encoding.size() != std::string_view("chunked").size())) {
      return refuse(malformed("The only transfer encoding spoken here is chunked."));
    }
    if (head_.chunked && head_.is_http_1_0) {
      return refuse(malformed("An HTTP/1.0 request cannot be chunked."));
    }
    return Progress::kHead;
  }

  Progress refuse(Error error) {
    error_ = std::move(error);
    return Progress::kFailed;
  }

  void on_request_impl(http::verb, beast::string_view method, beast::string_view target,
                       int version, beast::error_code&) override {
    head_.method.assign(method.data(), method.size());
    head_.target.assign(target.data(), target.size());
    head_.is_http_1_0 = version == 10;
  }

  void on_field_impl(http::field, beast::string_view name, beast::string_view value,
                     beast::error_code& error) override {
    if (is_header_done()) return;  // a trailer: nothing of ours reads one
    if (head_.headers.size() == limits_.header_count_max) {
      error = http::make_error_code(http::error::header_limit);
      return;
    }
    head_.headers.emplace_back(lower_case({name.data(), name.size()}),
                               std::string(value.data(), value.size()));
  }

  std::size_t on_body_impl(beast::string_view bytes, beast::error_code&) override {
    if (keep_body_) body_.append(bytes.data(), bytes.size());
    return bytes.size();
  }

  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes,
                                 beast::error_code& error) override {
    return on_body_impl(bytes, error);
  }

  void on_response_impl(int, beast::string_view, int, beast::error_code&) override {}
  void on_header_impl(beast::error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, beast::error_code&) override {}
  void on_chunk_header_impl(std::uint64_t, beast::string_view, beast::error_code&) override {}
  void on_finish_impl(beast::error_code&) override {}

  const ReaderLimits limits_;
  std::size_t header_bytes_ = 0;
  bool keep_body_ = true;
};

RequestReader::RequestReader(const ReaderLimits& limits)
    : parser_(std::make_unique<Parser>(limits)) {}
RequestReader::~RequestReader() = default;

RequestReader::Progress RequestReader::feed(std::string_view& bytes) {
  return parser_->feed(bytes);
}
RequestHead& RequestReader::head() { return parser_->head_; }
const Error& RequestReader::error() const { return parser_->error_; }
std::size_t RequestReader::body_bytes() const { return parser_->body_.size(); }
std::string RequestReader::take_body() { return std::exchange(parser_->body_, {}); }
void RequestReader::discard_body() { parser_->discard_body(); }

}  // namespace diptych
