#pragma once
// One request and its answer, without a socket in sight. http/ turns bytes into a Call and an
// Answer into bytes.

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace diptych {

using Header = std::pair<std::string, std::string>;

struct Caller {        // who is asking
  std::string key_id;  // "" on an open loopback server
  std::vector<std::string> scopes;
};

struct Call {
  std::string method, path;  // path is percent-decoded, without the query
  std::vector<std::pair<std::string, std::string>> path_params;  // {id} in the route
  std::vector<std::pair<std::string, std::string>> query;        // decoded, in order, may repeat
  std::vector<Header> headers;                                   // names in lower case
  std::string body;
  Caller caller;
  std::string request_id;  // "req_…"
  Monotonic received{};
  std::stop_token
      abandoned;  // fires when nobody waits for the answer any more: for handlers that compute

  std::string_view param(std::string_view name) const;                       // "" when missing
  std::optional<std::string_view> query_value(std::string_view name) const;  // first
  std::string_view header(std::string_view name) const;                      // "" when missing
};

struct Answer {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<Header> headers;
  std::string body;
};

// An answer that is being produced. Owned and polled by one thread; destroying it cancels the work
// behind it.
class PendingAnswer {
 public:
  virtual ~PendingAnswer() = default;
  virtual void on_ready(std::function<void()> wake) = 0;  // see Stream::on_ready
  virtual Result<std::optional<Answer>> poll() = 0;       // nullopt: not yet
  // When poll() has something to say though nobody woke it: a long poll's end. To the quarter of a
  // second.
  virtual std::optional<Monotonic> wake_at() const { return std::nullopt; }
};

enum class ChunkState { kMore, kWait, kEnd };  // kWait: nothing now, wake comes later
class ChunkSource {                            // the body of a streamed answer
 public:
  virtual ~ChunkSource() = default;
  virtual void on_ready(std::function<void()> wake) = 0;
  virtual ChunkState poll(std::string& out) = 0;  // appends to out; errors are formatted by the
                                                  // source itself (SSE error event)
  virtual std::optional<Monotonic> wake_at() const { return std::nullopt; }  // as PendingAnswer's
};
struct StreamedAnswer {
  Answer head;  // body unused; e.g. content_type "text/event-stream; charset=utf-8"
  std::unique_ptr<ChunkSource> chunks;
};

// A WebSocket's talk, message by message. One thread; destroying it ends what it started. Made by
// cheap handlers only, whose call is still at hand for the handshake.
class Conversation {
 public:
  virtual ~Conversation() = default;
  virtual void on_ready(std::function<void()> wake) = 0;
  virtual void hear(std::string_view text) = 0;  // a message of the caller, valid UTF-8
  // kMore: `text`, which was empty, is the next message to the caller.
  virtual ChunkState poll(std::string& text) = 0;
};

using Reply = std::variant<Answer, std::unique_ptr<PendingAnswer>, StreamedAnswer,
                           std::unique_ptr<Conversation>>;

}  // namespace diptych
