// From the bytes of a connection to a route: the request reader, the target and the router. However the bytes are cut, the
// same request comes out. A bad head may be noticed later when it comes in pieces, but never becomes a request.

#include <array>
#include <utility>

#include "base/check.h"
#include "base/unicode.h"
#include "fuzz_target.h"
#include "http/request_reader.h"
#include "http/router.h"
#include "http/target.h"

namespace {

using namespace diptych;
using Progress = RequestReader::Progress;

constexpr std::size_t kBodyBytesMax = 4096;

struct Outcome {
  Progress end = Progress::kNeedMore;
  std::string method, target, body;
  std::vector<Header> headers;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

bool agree(const Outcome& a, const Outcome& b) {
  return a.end == Progress::kDone || b.end == Progress::kDone ? a == b : true;
}

// Presents at most `piece` new bytes at a time, and what was left over again with them.
Outcome read_request(std::string_view bytes, std::size_t piece) {
  RequestReader reader({.header_bytes_max = 2048, .header_count_max = 20, .body_bytes_max = kBodyBytesMax});
  Outcome outcome;
  std::size_t consumed = 0, shown = 0;
  while (outcome.end == Progress::kNeedMore && shown < bytes.size()) {
    shown = std::min(shown + piece, bytes.size());
    for (bool more = true; more;) {
      std::string_view window = bytes.substr(consumed, shown - consumed);
      const Progress progress = reader.feed(window);
      const std::size_t left = window.size();
      CHECK(left <= shown - consumed);
      consumed = shown - left;
      more = progress == Progress::kHead;
      if (progress == Progress::kDone || progress == Progress::kFailed) outcome.end = progress;
    }
  }
  CHECK(reader.body_bytes() <= kBodyBytesMax);
  if (outcome.end == Progress::kFailed) {
    CHECK(!reader.error().message.empty());
  } else if (outcome.end == Progress::kDone) {
    outcome.method = reader.head().method;
    outcome.target = reader.head().target;
    outcome.headers = reader.head().headers;
    outcome.body = reader.take_body();
  }
  return outcome;
}

Result<Reply> no_handler(const Call&, Services&) { return Answer{}; }

const Router& router() {
  static constexpr auto kRoutes = std::to_array<Route>({
      {"GET", "/health", Scope::kNone, Cost::kCheap, no_handler, ""},
      {"GET", "/v1/models", Scope::kInference, Cost::kCheap, no_handler, ""},
      {"GET", "/v1/models/{id...}", Scope::kInference, Cost::kCheap, no_handler, ""},
      {"POST", "/v1/responses/{id}/cancel", Scope::kInference, Cost::kWork, no_handler, ""},
      {"POST", "/v1/responses/input_tokens", Scope::kInference, Cost::kWork, no_handler, ""},
  });
  static const auto kRouter = Router::build(kRoutes);
  CHECK(kRouter.has_value());
  return *kRouter;
}

void check_target(std::string_view text) {
  const auto target = parse_target(text);
  if (!target) {
    CHECK(target.error().code == ErrorCode::kInvalidArgument);
    return;
  }
  for (const std::string& segment : target->segments) {
    CHECK(is_valid_utf8(segment));
    CHECK(segment != "." && segment != "..");
    CHECK(segment.find('\0') == std::string::npos);
  }
  const PathMatch match = router().find(target->segments);
  for (const auto& [name, value] : match.params) CHECK(name == "id" && !value.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = as_text(data, size);
  const Outcome whole = read_request(bytes, std::max<std::size_t>(size, 1));
  CHECK(agree(whole, read_request(bytes, 1)));
  CHECK(agree(whole, read_request(bytes, 7)));
  check_target(whole.target.empty() ? bytes : whole.target);
  return 0;
}
