// Every bound of the server: sizes, times, counts, keys and rates.

#include <gmock/gmock.h>

#include <chrono>
#include <memory>
#include <vector>

#include "http/server.h"
#include "http/testing/stage.h"

namespace diptych {
namespace {

using namespace std::chrono_literals;
using testing::Client;
using testing::ClientAnswer;
using testing::get_request;
using ::testing::HasSubstr;
using testing::key_for;
using testing::post_request;
using testing::TestServer;

TEST(ServerLimits, RefusesABodyByItsDeclaredLength) {
  TestServer server({.body_bytes_max = 1000});
  Client client(server.port());
  ASSERT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n"));
  const ClientAnswer answer = client.read_answer();  // not one byte of the body was sent
  EXPECT_EQ(answer.status, 413);
  EXPECT_THAT(answer.body, HasSubstr("1000 bytes"));
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_EQ(server.stage.work_calls, 0);
}

TEST(ServerLimits, RefusesAChunkedBodyOnceItIsTooLong) {
  TestServer server({.body_bytes_max = 1000});
  Client client(server.port());
  ASSERT_TRUE(
      client.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" +
                  std::string(1000, 'x') + "\r\n1\r\ny\r\n"));
  EXPECT_EQ(client.read_answer().status, 413);
}

TEST(ServerLimits, ALargeRefusedUploadStillHearsTheAnswer) {
  TestServer server({.body_bytes_max = 1000});
  Client client(server.port());
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n");
  client.send(
      std::string(3'000'000, 'x'));  // the server reads on after its FIN, so no RST eats the answer
  EXPECT_EQ(client.read_answer().status, 413);
}

TEST(ServerLimits, RefusesALongHead) {
  TestServer server({.header_bytes_max = 1000});
  Client client(server.port());
  const ClientAnswer answer = client.get("/hello", "X-Long: " + std::string(2000, 'x') + "\r\n");
  EXPECT_EQ(answer.status, 431);
  EXPECT_TRUE(client.wait_closed());
}

TEST(ServerLimits, GivesUpOnSlowHeadsAndBodies) {
  TestServer server({.header_timeout = 60ms, .body_timeout = 60ms});
  Client slow_head(server.port());
  ASSERT_TRUE(slow_head.send("GET /hello HT"));
  EXPECT_EQ(slow_head.read_answer().status, 408);
  Client slow_body(server.port());
  ASSERT_TRUE(slow_body.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab"));
  const ClientAnswer answer = slow_body.read_answer();
  EXPECT_EQ(answer.status, 408);
  EXPECT_THAT(answer.body, HasSubstr("request_timeout"));
  EXPECT_EQ(server.count("diptych_http_timeouts_total", {{"kind", "header"}}), 1);
  EXPECT_EQ(server.count("diptych_http_timeouts_total", {{"kind", "body"}}), 1);
}

TEST(ServerLimits, ClosesIdleConnectionsWithoutAWord) {
  TestServer server({.idle_timeout = 60ms});
  Client client(server.port());
  EXPECT_EQ(client.get("/hello").status, 200);
  EXPECT_EQ(client.read_some(), "");
}

TEST(ServerLimits, AWaitingAnswerIsNotIdle) {
  TestServer server(
      {.header_timeout = 40ms, .body_timeout = 40ms, .idle_timeout = 40ms, .write_timeout = 40ms});
  Client waiting(server.port());
  ASSERT_TRUE(waiting.send(get_request("/pending")));
  const auto feed = server.stage.wait_feed(0);
  Client other(server.port());
  EXPECT_EQ(other.read_some(), "") << "the idle timeout has passed for this one";
  feed->push("late");
  EXPECT_EQ(waiting.read_answer().body, "late");
}

TEST(ServerLimits, TellsOneConnectionTooManyToComeBack) {
  TestServer server({.connections_max = 2});
  Client first(server.port()), second(server.port());
  EXPECT_EQ(first.get("/hello").status, 200);
  EXPECT_EQ(second.get("/hello").status, 200);
  Client third(server.port());
  const ClientAnswer refused = third.read_answer();
  EXPECT_EQ(refused.status, 503);
  EXPECT_NE(refused.header("retry-after"), "");
  EXPECT_EQ(refused.header("connection"), "close");
  EXPECT_EQ(server.count("diptych_http_refused_total", {{"reason", "connections"}}), 1);
  third.close();
  first.close();
  ASSERT_EQ(second.get("/hello").status, 200);  // the server has taken a turn since the close
  ClientAnswer again;
  for (int attempt = 0; attempt < 100 && again.status != 200; ++attempt) {
    again = Client(server.port()).get("/hello");
  }
  EXPECT_EQ(again.status, 200);
}

TEST(ServerLimits, AnswersAFullHandlerQueueAtOnce) {
  TestServer server({.handler_threads = 1, .handler_queue_max = 2});
  Client running(server.port());
  ASSERT_TRUE(running.send(get_request("/blocked")));
  ASSERT_TRUE(server.stage.wait_blocked(1));
  std::vector<std::unique_ptr<Client>> clients;
  int refused = 0;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(std::make_unique<Client>(server.port()));
    ASSERT_TRUE(clients.back()->send(post_request("/echo", "x")));
  }
  ASSERT_TRUE(server.wait_count("diptych_http_refused_total", {{"reason", "handler_queue"}}, 8));
  Client healthy(server.port());
  EXPECT_EQ(healthy.get("/hello").status, 200) << "cheap routes do not wait";
  server.stage.release();
  EXPECT_EQ(running.read_answer().body, "released");
  for (const auto& client : clients) {
    const ClientAnswer answer = client->read_answer();
    if (answer.status == 429) {
      ++refused;
      EXPECT_NE(answer.header("retry-after"), "");
      EXPECT_THAT(answer.body, HasSubstr("rate_limit_exceeded"));
    } else {
      EXPECT_EQ(answer.status, 200);
    }
  }
  EXPECT_EQ(refused, 8);
}

TEST(ServerLimits, BoundsTheBodiesOfAllConnectionsTogether) {
  TestServer server({.handler_threads = 1, .held_body_bytes_max = 100'000});
  Client blocker(server.port());
  ASSERT_TRUE(blocker.send(get_request("/blocked")));
  ASSERT_TRUE(server.stage.wait_blocked(1));
  Client first(server.port());
  ASSERT_TRUE(first.send(post_request("/echo", std::string(80'000, 'x'))));
  ASSERT_TRUE(server.wait_count("diptych_http_received_bytes_total", {}, 80'000));
  Client second(server.port());
  EXPECT_EQ(second.post("/echo", std::string(80'000, 'x')).status, 503);
  server.stage.release();
  EXPECT_EQ(first.read_answer().status, 200);
  Client third(server.port());
  EXPECT_EQ(third.post("/echo", std::string(80'000, 'x')).status, 200)
      << "the memory was given back";
  Client waiting(server.port());
  ASSERT_TRUE(waiting.send(post_request("/pending", std::string(80'000, 'x'))));
  ASSERT_TRUE(server.stage.wait_feed(0)->wait_polled());
  EXPECT_EQ(third.post("/echo", std::string(80'000, 'x')).status, 200)
      << "a body is held until its handler is through, not until the answer is";
}

TEST(ServerLimits, ChecksKeysAndScopes) {
  TestServer server({.require_key = true}, {key_for("sk-inference-secret", "key_i", {"inference"}),
                                            key_for("sk-admin-secret-xx", "key_a", {"admin"})});
  Client client(server.port());
  const std::string inference = "Authorization: Bearer sk-inference-secret\r\n";
  const std::string admin = "Authorization: Bearer sk-admin-secret-xx\r\n";
  EXPECT_EQ(client.get("/open").status, 200);
  const ClientAnswer none = client.get("/hello");
  EXPECT_EQ(none.status, 401);
  EXPECT_EQ(none.header("www-authenticate"), "Bearer");
  const ClientAnswer wrong = client.get("/hello", "Authorization: Bearer sk-wrong-secret-yz\r\n");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_THAT(wrong.body, HasSubstr("sk-wr***yz"));
  EXPECT_THAT(wrong.body, HasSubstr(R"("code":"invalid_api_key")"));
  EXPECT_EQ(client.get("/hello", inference).status, 200);
  EXPECT_EQ(client.get("/admin", inference).status, 403);
  EXPECT_EQ(client.get("/admin", admin).status, 200);
  EXPECT_THAT(client.get("/items/1", inference).body, HasSubstr("key=key_i\n"));
  EXPECT_EQ(client.post("/echo", "x", inference).status, 200);
  EXPECT_LE(server.keys.look_ups, 3) << "each key was asked for once";
}

TEST(ServerLimits, AKeyStoreThatFailsIsOurFaultAndKeepsItsSecret) {
  TestServer server({.require_key = true});
  server.keys.broken = true;
  Client client(server.port());
  const ClientAnswer answer = client.get("/hello", "Authorization: Bearer sk-some-secret-key\r\n");
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, Not(HasSubstr("/secret/path")));
}

TEST(ServerLimits, LimitsRequestsPerMinuteAndKey) {
  TestServer server({.requests_per_minute = 2});
  Client client(server.port());
  EXPECT_EQ(client.get("/hello").header("x-ratelimit-remaining-requests"), "1");
  EXPECT_EQ(client.get("/hello").header("x-ratelimit-remaining-requests"), "0");
  const ClientAnswer refused = client.get("/hello");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.header("x-ratelimit-limit-requests"), "2");
  EXPECT_NE(refused.header("retry-after-ms"), "");
  EXPECT_EQ(client.get("/open").status, 200) << "open routes are not counted";
}

TEST(ServerLimits, MalformedRequestsGetAnErrorAndTheConnectionCloses) {
  TestServer server;
  const std::string_view bad_requests[] = {
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  // TLS spoken to a plain port
      "GET\r\n\r\n",
      "GET / HTTP/9.9\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "GET /hello HTTP/1.1\r\n\r\n",
      "GET hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      "GET /%\xff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      "CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\nContent-Length: 1\r\n\r\n",
      "GET /hello HTTP/1.1\r\nHost: x\r\n: empty\r\n\r\n",
  };
  for (const std::string_view bad : bad_requests) {
    Client client(server.port());
    ASSERT_TRUE(client.send(bad));
    const ClientAnswer answer = client.read_answer();
    EXPECT_GE(answer.status, 400) << bad;
    EXPECT_LT(answer.status, 500) << bad;
    EXPECT_TRUE(client.wait_closed()) << bad;
  }
  Client client(server.port());
  EXPECT_EQ(client.get("/hello").status, 200);
}

}  // namespace
}  // namespace diptych
