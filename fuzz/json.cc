// parse_json: never crashes; what it accepts survives a round trip through both writers unchanged.

#include "base/json.h"

#include "base/check.h"
#include "base/unicode.h"
#include "fuzz_target.h"

using diptych::Json;

namespace {

void check_round_trip(const Json& value, const std::string& text) {
  CHECK(diptych::is_valid_utf8(text));
  const auto again = diptych::parse_json(text);
  CHECK(again.has_value());
  CHECK(*again == value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = diptych::as_text(data, size);
  const auto value = diptych::parse_json(text);
  if (!value) {
    CHECK(value.error().code == diptych::ErrorCode::kInvalidArgument);
    CHECK(!value.error().message.empty());
    return 0;
  }
  check_round_trip(*value, diptych::dump_json(*value));
  check_round_trip(*value, diptych::dump_json_pretty(*value));
  CHECK(!diptych::parse_json(text, {.depth_max = 64, .bytes_max = size - 1}).has_value());
  return 0;
}
