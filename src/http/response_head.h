#pragma once
// The head of an HTTP answer as bytes.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "api/call.h"

namespace diptych {

enum class BodyFraming { kLength, kChunked, kUntilClose, kNone };

struct ResponseHead {
  int status = 200;
  std::string_view content_type;
  BodyFraming framing = BodyFraming::kLength;
  std::size_t content_length = 0;  // for kLength
  bool keep_alive = true;
  bool is_http_1_0 = false;
  std::string_view request_id;
  std::int64_t processing_ms = 0;
  std::int64_t unix_seconds = 0;
};

// Names and values that could break out of their line are left out: they would let a caller write
// headers.
void append_response_head(std::string& out, const ResponseHead& head,
                          std::span<const Header> headers, std::span<const Header> more);

void append_chunk(std::string& out,
                  std::string_view bytes);  // bytes must not be empty: an empty chunk ends the body
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

std::string_view reason_phrase(int status);
bool status_has_body(int status);                         // not 1xx, 204, 304
std::string format_http_date(std::int64_t unix_seconds);  // "Tue, 24 Nov 2026 10:00:00 GMT"

}  // namespace diptych
