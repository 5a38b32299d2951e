#pragma once
// One admitted call until its answer is complete: waits for a handler thread, polls a pending
// answer, pumps a streamed one. Never touches a socket; the connection takes what it makes and may
// abandon it at any moment, which cancels the work.

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/route.h"
#include "http/handler_pool.h"
#include "http/http_metrics.h"
#include "http/server_context.h"
#include "http/websocket.h"

namespace diptych {

class ReplySink {  // the connection's side
 public:
  virtual ~ReplySink() = default;
  virtual void body_released() = 0;  // the handler is through with the request's body
  virtual void take_answer(Answer answer, const std::vector<Header>& more) = 0;
  enum class Body { kWanted, kUnwanted };  // unwanted: HEAD
  virtual Body take_stream_head(Answer head, const std::vector<Header>& more) = 0;
  enum class Reader { kReady, kSlow };  // slow: resume() comes later
  virtual Reader take_chunk(std::string bytes) = 0;
  enum class StreamEnd { kComplete, kBroken };
  virtual void take_stream_end(StreamEnd end) = 0;
  // A WebSocket: the handshake's answer, then whole messages; take_stream_end() closes it.
  virtual void take_upgrade(const WebSocketHandshake& handshake,
                            const std::vector<Header>& more) = 0;
  virtual Reader take_message(std::string_view text) = 0;
};

class Exchange : public std::enable_shared_from_this<Exchange> {  // I/O thread only
 public:
  Exchange(ServerContext& context, Entry entry, ReplySink& sink);

  void start();
  void resume();                     // the sink takes chunks again
  void tick(Monotonic now);          // looks at what wants to be polled by time
  void hear(std::string_view text);  // a message of a WebSocket's other end
  void abandon();                    // nobody wants the answer: destroys the work behind it, now
  WaitPhase phase() const { return phase_; }
  const std::string& key_id() const { return key_id_; }

 private:
  void look_up_caller();
  void caller_found(Result<Caller> caller);
  void dispatch();
  template <class Work>
  void submit(Work work);  // on a handler thread; 429 when the queue is full
  void take_reply(Result<Reply> reply);
  void poll_pending();
  void start_stream(StreamedAnswer stream);
  void pump();
  void start_conversation(std::unique_ptr<Conversation> conversation);
  void pump_messages();
  void answer(Answer answer);
  void answer_error(const Error& error);
  std::function<void()> make_wake(void (Exchange::*on_wake)());

  ServerContext& context_;
  Entry entry_;
  ReplySink* sink_;  // nullptr once answered or abandoned
  WaitPhase phase_ = WaitPhase::kQueued;
  std::string key_id_;
  std::optional<HandlerPool::Ticket> ticket_;
  std::stop_source abandoned_{std::nostopstate};  // of the call on a handler thread
  std::unique_ptr<PendingAnswer> pending_;
  std::unique_ptr<ChunkSource> chunks_;
  std::unique_ptr<Conversation> conversation_;
  bool reader_is_slow_ = false;
};

}  // namespace diptych
