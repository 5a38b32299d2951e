// Clients that leave, read slowly or not at all; a server that is told to end.

#include <gmock/gmock.h>

#include <chrono>

#include "http/server.h"
#include "http/testing/stage.h"

namespace diptych {
namespace {

using namespace std::chrono_literals;
using testing::Client;
using testing::ClientAnswer;
using testing::get_request;
using ::testing::HasSubstr;
using testing::post_request;
using testing::TestServer;

constexpr std::string_view kDisconnects = "diptych_http_disconnects_total";

enum class Leave { kClose, kReset, kHalfClose };

void leave(Client& client, Leave how) {
  switch (how) {
    case Leave::kClose:
      return client.close();
    case Leave::kReset:
      return client.reset();
    case Leave::kHalfClose:
      return client.half_close();
  }
}

class Disconnect : public ::testing::TestWithParam<Leave> {};
INSTANTIATE_TEST_SUITE_P(HowClientsLeave, Disconnect,
                         ::testing::Values(Leave::kClose, Leave::kReset, Leave::kHalfClose));

TEST_P(Disconnect, EndsAPendingAnswer) {
  TestServer server;
  Client client(server.port());
  ASSERT_TRUE(client.send(get_request("/pending")));
  const auto feed = server.stage.wait_feed(0);
  ASSERT_TRUE(feed);
  leave(client, GetParam());
  EXPECT_TRUE(feed->wait_destroyed());
  EXPECT_TRUE(server.wait_count(kDisconnects, {{"phase", "pending"}}, 1));
  EXPECT_TRUE(server.wait_count("diptych_http_requests_total",
                                {{"route", "/pending"}, {"method", "GET"}, {"status", "499"}}, 1));
}

TEST_P(Disconnect, EndsAStreamThatSaysNothing) {
  TestServer server;
  Client client(server.port());
  ASSERT_TRUE(client.send(get_request("/stream")));
  const auto feed = server.stage.wait_feed(0);
  feed->push("first");
  EXPECT_NE(client.read_until("first"), "");
  leave(client, GetParam());
  EXPECT_TRUE(feed->wait_destroyed());
  EXPECT_TRUE(server.wait_count(kDisconnects, {{"phase", "streaming"}}, 1));
}

TEST_P(Disconnect, WithdrawsACallThatWaitsForAHandlerThread) {
  TestServer server({.handler_threads = 1});
  Client running(server.port());
  ASSERT_TRUE(running.send(get_request("/blocked")));
  ASSERT_TRUE(server.stage.wait_blocked(1));
  Client waiting(server.port());
  ASSERT_TRUE(waiting.send(post_request("/echo", "x")));
  ASSERT_TRUE(server.wait_count("diptych_http_received_bytes_total", {}, 90));
  leave(waiting, GetParam());
  EXPECT_TRUE(server.wait_count(kDisconnects, {{"phase", "queued"}}, 1));
  server.stage.release();
  EXPECT_EQ(running.read_answer().body, "released");
  EXPECT_EQ(server.stage.work_calls, 1) << "the handler of the client that left never ran";
}

// One handler thread: only if the first call notices that nobody waits for it is the second served.
TEST_P(Disconnect, IsToldToAHandlerThatComputes) {
  TestServer server({.handler_threads = 1});
  Client client(server.port());
  ASSERT_TRUE(client.send(get_request("/blocked-work")));
  ASSERT_TRUE(server.stage.wait_blocked(1));
  leave(client, GetParam());
  Client second(server.port());
  ASSERT_TRUE(second.send(post_request("/echo", "x")));
  EXPECT_EQ(second.read_answer().body, "x");
}

TEST(ServerDisconnect, DropsTheReplyOfAHandlerWhoseClientLeft) {
  TestServer server;
  Client client(server.port());
  ASSERT_TRUE(client.send(get_request("/blocked-stream")));
  ASSERT_TRUE(server.stage.wait_blocked(1));
  client.close();
  ASSERT_TRUE(server.wait_count(kDisconnects, {{"phase", "queued"}}, 1));
  server.stage.release();
  const auto feed = server.stage.wait_feed(0);
  ASSERT_TRUE(feed);
  EXPECT_TRUE(feed->wait_destroyed());
}

TEST(ServerDisconnect, IsSeenBehindPipelinedBytes) {
  TestServer server;
  Client client(server.port());
  ASSERT_TRUE(client.send(get_request("/pending") + get_request("/hello")));
  const auto feed = server.stage.wait_feed(0);
  client.close();
  EXPECT_TRUE(feed->wait_destroyed());
}

TEST(ServerDisconnect, IsSeenBehindMorePipelinedBytesThanTheServerTakes) {
  TestServer server;
  Client client(server.port());
  ASSERT_TRUE(
      client.send(get_request("/pending") + post_request("/echo", std::string(90'000, 'x'))));
  const auto feed = server.stage.wait_feed(0);
  client.half_close();
  EXPECT_TRUE(feed->wait_destroyed());
}

TEST(ServerDisconnect, KeepsManyPipelinedBytesUntilTheirTurn) {
  TestServer server;
  Client client(server.port());
  const std::string body(300'000, 'x');
  ASSERT_TRUE(client.send(get_request("/pending") + post_request("/echo", body)));
  server.stage.wait_feed(0)->push("first");
  EXPECT_EQ(client.read_answer().body, "first");
  EXPECT_EQ(client.read_answer().body, body);
}

TEST(ServerDisconnect, ASlowReaderStopsThePolling) {
  TestServer server({.stream_buffer_bytes_max = 64 << 10});
  Client client(server.port(), 16 << 10);
  ASSERT_TRUE(client.send(get_request("/stream")));
  const auto feed = server.stage.wait_feed(0);
  ASSERT_NE(client.read_head(), "");
  feed->endless(std::string(4096, 'e'));
  // Nobody reads. The server takes what the buffers hold, then stops: wait until the count stands
  // still while other requests are answered.
  Client other(server.port());
  int polls = -1, stood_still = 0;
  for (int i = 0; i < 100'000 && stood_still < 200; ++i) {
    ASSERT_EQ(other.get("/hello").status, 200);
    stood_still = polls == feed->polls() && polls > 1 ? stood_still + 1 : 0;
    polls = feed->polls();
  }
  EXPECT_GE(stood_still, 200);
  EXPECT_LT(polls * 4096, 4 << 20);
  // Reading again lets it go on.
  std::size_t received = 0;
  while (received < std::size_t{4} << 20) {
    const auto bytes = client.read_some();
    ASSERT_TRUE(bytes && !bytes->empty());
    received += bytes->size();
  }
  EXPECT_GT(feed->polls(), polls);
  client.close();
  EXPECT_TRUE(feed->wait_destroyed());
}

TEST(ServerDisconnect, AReaderThatStopsIsClosedAndCounted) {
  TestServer server({.write_timeout = 80ms, .stream_buffer_bytes_max = 64 << 10});
  Client client(server.port(), 16 << 10);
  ASSERT_TRUE(client.send(get_request("/stream")));
  const auto feed = server.stage.wait_feed(0);
  feed->endless(std::string(4096, 'e'));
  EXPECT_TRUE(feed->wait_destroyed());
  EXPECT_TRUE(server.wait_count("diptych_http_timeouts_total", {{"kind", "write"}}, 1));
}

TEST(ServerDisconnect, AnEndlessStreamDoesNotStarveOthers) {
  TestServer server;
  Client flooded(server.port());
  ASSERT_TRUE(flooded.send(get_request("/stream")));
  server.stage.wait_feed(0)->endless(std::string(1024, 'e'));
  Client other(server.port());
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(flooded.read_some());
    ASSERT_EQ(other.get("/hello").status, 200);
  }
}

TEST(ServerShutdown, DrainFinishesWhatRunsAndClosesWhatIdles) {
  TestServer server;
  Client idle(server.port()), streaming(server.port()), pending(server.port());
  EXPECT_EQ(idle.get("/hello").status, 200);
  ASSERT_TRUE(streaming.send(get_request("/stream")));
  const auto stream = server.stage.wait_feed(0);
  stream->push("begun ");
  EXPECT_NE(streaming.read_until("begun "), "");
  ASSERT_TRUE(pending.send(post_request("/pending", "")));
  const auto answer = server.stage.wait_feed(1);
  server.server().drain();
  EXPECT_TRUE(idle.wait_closed());
  EXPECT_EQ(Client(server.port()).get("/hello").status, 0) << "no new connections";
  answer->push("done");
  const ClientAnswer last = pending.read_answer();
  EXPECT_EQ(last.body, "done");
  EXPECT_EQ(last.header("connection"), "close");
  stream->push("ended");
  stream->end();
  EXPECT_THAT(streaming.read_until("0\r\n\r\n"), HasSubstr("ended"));
  EXPECT_TRUE(streaming.wait_closed());
  EXPECT_TRUE(server.wait_ended());
}

TEST(ServerShutdown, DrainOfAnEmptyServerEndsAtOnce) {
  TestServer server;
  server.server().drain();
  EXPECT_TRUE(server.wait_ended());
}

TEST(ServerShutdown, StopClosesEverythingNow) {
  TestServer server;
  Client streaming(server.port());
  ASSERT_TRUE(streaming.send(get_request("/stream")));
  const auto feed = server.stage.wait_feed(0);
  ASSERT_NE(streaming.read_head(), "");
  server.server().drain();
  server.server().stop_now();
  EXPECT_TRUE(server.wait_ended());
  EXPECT_TRUE(feed->wait_destroyed());
  EXPECT_TRUE(streaming.wait_closed());
}

TEST(ServerShutdown, AWakeAfterTheEndIsHarmless) {
  std::shared_ptr<testing::Feed> feed;
  {
    TestServer server;
    Client client(server.port());
    ASSERT_TRUE(client.send(get_request("/stream")));
    feed = server.stage.wait_feed(0);
    ASSERT_TRUE(feed);
  }
  feed->push("into the void");
}

}  // namespace
}  // namespace diptych
