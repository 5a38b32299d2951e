// Base64 and UTF-8: the properties that answers and streams rely on, for any bytes.

#include "base/base64.h"
#include "base/check.h"
#include "base/unicode.h"
#include "fuzz_target.h"

namespace {

void check_base64(std::string_view bytes) {
  const auto decoded = diptych::base64_decode(diptych::base64_encode(bytes));
  CHECK(decoded.has_value());
  CHECK(*decoded == bytes);
  // Strict: one text for one value, so what decodes is exactly what encodes.
  if (const auto value = diptych::base64_decode(bytes)) CHECK(diptych::base64_encode(*value) == bytes);
}

void check_utf8(std::string_view bytes) {
  const std::string repaired = diptych::replace_invalid_utf8(bytes);
  CHECK(diptych::is_valid_utf8(repaired));
  CHECK(diptych::count_code_points(repaired) <= repaired.size());
  if (diptych::is_valid_utf8(bytes)) {
    CHECK(repaired == bytes);
    CHECK(diptych::complete_utf8_prefix(bytes) == bytes.size());
  }
}

// A stream cut at any place: the held-back tail is at most an unfinished character, and cutting never makes text invalid.
void check_stream_cut(std::string_view bytes) {
  const std::size_t prefix = diptych::complete_utf8_prefix(bytes);
  CHECK(prefix <= bytes.size());
  CHECK(bytes.size() - prefix < 4);
  if (diptych::is_valid_utf8(bytes)) {
    for (std::size_t cut = 0; cut < bytes.size() && cut < 64; ++cut) {
      const std::string_view head = bytes.substr(0, cut);
      CHECK(diptych::is_valid_utf8(head.substr(0, diptych::complete_utf8_prefix(head))));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = diptych::as_text(data, size);
  check_base64(bytes);
  check_utf8(bytes);
  check_stream_cut(bytes);
  return 0;
}
