// A client's frames: whatever comes, in whatever pieces, messages are valid UTF-8 within the limit,
// and a failure is final.

#include "http/websocket.h"
#include "base/check.h"
#include "base/unicode.h"
#include "fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace diptych;
  constexpr std::size_t kMessageMax = 200;
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0] % 64;
  std::string_view rest = as_text(data + 1, size - 1);
  WebSocketReader reader(kMessageMax);
  while (!rest.empty()) {
    reader.add(rest.substr(0, piece));
    rest.remove_prefix(std::min(piece, rest.size()));
    while (const auto message = reader.next()) {
      CHECK(message->payload.size() <= kMessageMax);
      CHECK(message->op != WebSocketOp::kText || is_valid_utf8(message->payload));
    }
    if (reader.failed()) CHECK(!reader.next());
  }
  return 0;
}
