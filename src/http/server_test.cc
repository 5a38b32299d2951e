// The server from the outside: plain requests and answers.

#include "http/server.h"

#include <gmock/gmock.h>

#include "http/testing/stage.h"

namespace diptych {
namespace {

using testing::Client;
using testing::ClientAnswer;
using testing::get_request;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::post_request;
using ::testing::StartsWith;
using testing::TestServer;

TEST(Server, AnswersWithTheHeadersOfEveryAnswer) {
  TestServer server;
  Client client(server.port());
  for (const std::string_view path : {"/hello", "/nowhere"}) {
    const ClientAnswer answer = client.get(path);
    EXPECT_THAT(std::string(answer.header("x-request-id")), StartsWith("req_")) << path;
    EXPECT_EQ(answer.header("openai-version"), "2020-10-01");
    EXPECT_NE(answer.header("openai-processing-ms"), "");
    EXPECT_THAT(std::string(answer.header("date")), HasSubstr("GMT"));
    EXPECT_NE(answer.header("content-type"), "");
    EXPECT_EQ(answer.header("x-ratelimit-limit-requests"), "") << "no limit, no header";
  }
}

TEST(Server, KeepsTheConnectionAcrossCheapWorkAndStreamedAnswers) {
  TestServer server;
  Client client(server.port());
  for (std::size_t round = 0; round < 3; ++round) {
    EXPECT_EQ(client.get("/hello").body, "hello");
    EXPECT_EQ(client.post("/echo", "work").body, "work");
    ASSERT_TRUE(client.send(get_request("/stream")));
    const auto feed = server.stage.wait_feed(round);
    ASSERT_TRUE(feed);
    feed->push("one ");
    feed->push("two");
    feed->end();
    const ClientAnswer streamed = client.read_answer();
    EXPECT_EQ(streamed.body, "one two");
    EXPECT_TRUE(streamed.chunked);
    EXPECT_EQ(streamed.header("content-type"), "text/event-stream; charset=utf-8");
    EXPECT_EQ(streamed.header("connection"), "");
  }
}

TEST(Server, StreamsEachPieceWhenItIsReady) {
  TestServer server;
  Client client(server.port());
  ASSERT_TRUE(client.send(get_request("/stream")));
  const auto feed = server.stage.wait_feed(0);
  ASSERT_TRUE(feed);
  EXPECT_THAT(client.read_head(), HasSubstr("transfer-encoding: chunked"));
  for (const std::string piece : {"a", "bc", "def"}) {
    feed->push(piece);
    EXPECT_THAT(client.read_until(piece + "\r\n"), HasSubstr(piece));
  }
  feed->end();
  EXPECT_EQ(client.read_until("0\r\n\r\n"), "0\r\n\r\n");
}

TEST(Server, WaitsForPendingAnswers) {
  TestServer server;
  Client client(server.port());
  ASSERT_TRUE(client.send(post_request("/pending", "x")));
  server.stage.wait_feed(0)->push("here");
  EXPECT_EQ(client.read_answer().body, "here");
  EXPECT_TRUE(server.stage.wait_feed(0)->wait_destroyed());

  ASSERT_TRUE(client.send(post_request("/pending", "x")));
  server.stage.wait_feed(1)->push("fail");
  const ClientAnswer failed = client.read_answer();
  EXPECT_EQ(failed.status, 400);
  EXPECT_THAT(failed.body, HasSubstr("asked to fail"));
  EXPECT_THAT(failed.body, HasSubstr(R"("param":"how")"));
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  TestServer server;
  Client client(server.port());
  ASSERT_TRUE(client.send(post_request("/echo", "1") + get_request("/hello") +
                          post_request("/pending", "") + post_request("/echo", "4") +
                          get_request("/hello")));
  EXPECT_EQ(client.read_answer().body, "1");
  EXPECT_EQ(client.read_answer().body, "hello");
  server.stage.wait_feed(0)->push("3");
  EXPECT_EQ(client.read_answer().body, "3");
  EXPECT_EQ(client.read_answer().body, "4");
  EXPECT_EQ(client.read_answer().body, "hello");
}

TEST(Server, AnswersManyPipelinedRequestsSentBeforeALeave) {
  TestServer server;
  Client client(server.port());
  std::string many;
  for (int i = 0; i < 1000; ++i) many += get_request("/hello");
  ASSERT_TRUE(client.send(many));
  client.half_close();
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(client.read_answer().status, 200) << i;
  EXPECT_TRUE(client.wait_closed());
}

TEST(Server, TakesChunkedBodiesHoweverTheyArrive) {
  TestServer server;
  Client client(server.port());
  const std::string head = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  ASSERT_TRUE(client.send(head + "5\r\nhello\r\n"));
  ASSERT_TRUE(client.send("1\r\n \r\n5\r\nwor"));
  ASSERT_TRUE(client.send("ld\r\n0\r\n"));
  ASSERT_TRUE(client.send("\r\n"));
  EXPECT_EQ(client.read_answer().body, "hello world");
  EXPECT_EQ(client.get("/hello").status, 200);
}

TEST(Server, MovesLargeBodiesBothWays) {
  TestServer server;
  Client client(server.port());
  EXPECT_EQ(client.get("/big").body.size(), std::size_t{8} << 20);
  const std::string body(std::size_t{4} << 20, 'q');
  EXPECT_EQ(client.post("/echo", body).body, body);
  EXPECT_EQ(client.get("/hello").status, 200);
}

TEST(Server, HeadIsGetWithoutTheBody) {
  TestServer server;
  Client client(server.port());
  ASSERT_TRUE(client.send("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n"));
  const ClientAnswer answer = client.read_answer(true);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("content-length"), "5");
  ASSERT_TRUE(client.send("HEAD /stream HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(client.read_answer(true).status, 200);
  EXPECT_TRUE(server.stage.wait_feed(0)->wait_destroyed());
  EXPECT_EQ(client.get("/hello").body, "hello");
}

TEST(Server, KnowsPathsFromMethods) {
  TestServer server;
  Client client(server.port());
  const ClientAnswer unknown = client.get("/nowhere");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_THAT(unknown.body, HasSubstr(R"("type":"invalid_request_error")"));
  const ClientAnswer method = client.post("/hello", "");
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(method.header("allow"), "GET, HEAD");
  EXPECT_EQ(client.post("/nowhere", "a small body is read and dropped").status, 404);
  EXPECT_EQ(client.get("/hello").status, 200) << "still the same connection";
}

TEST(Server, GivesHandlersTheDecodedPathAndQuery) {
  TestServer server;
  Client client(server.port());
  EXPECT_THAT(client.get("/items/a%20b?x=1&x=%2F").body,
              StartsWith("GET /items/a b\nid=a b\n?x=1\n?x=/\n"));
  EXPECT_THAT(client.get("/models/org/name").body, HasSubstr("name=org/name\n"));
  EXPECT_THAT(client.get("/models/org%2Fname").body, HasSubstr("name=org/name\n"));
  EXPECT_EQ(client.get("/items/%2e%2e").status, 400);
  EXPECT_EQ(client.get("/items/%zz").status, 400);
  EXPECT_EQ(client.get("/items/a%00b").status, 400);
}

TEST(Server, SpeaksHttp10) {
  TestServer server;
  {
    Client client(server.port());
    ASSERT_TRUE(client.send("GET /hello HTTP/1.0\r\n\r\n"));
    const ClientAnswer answer = client.read_answer();
    EXPECT_EQ(answer.body, "hello");
    EXPECT_EQ(answer.header("connection"), "close");
    EXPECT_TRUE(client.wait_closed());
  }
  {
    Client client(server.port());
    ASSERT_TRUE(client.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    EXPECT_EQ(client.read_answer().header("connection"), "keep-alive");
    ASSERT_TRUE(client.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    const auto feed = server.stage.wait_feed(0);
    feed->push("all of it");
    feed->end();
    const ClientAnswer streamed = client.read_answer();
    EXPECT_FALSE(streamed.chunked) << "HTTP/1.0 has no chunks";
    EXPECT_EQ(streamed.body, "all of it");
  }
}

TEST(Server, ClosesWhenAsked) {
  TestServer server;
  Client client(server.port());
  const ClientAnswer answer = client.get("/hello", "Connection: close\r\n");
  EXPECT_EQ(answer.body, "hello");
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_TRUE(client.wait_closed());
}

TEST(Server, SaysContinueOnlyToBodiesItWants) {
  TestServer server;
  Client client(server.port());
  const std::string rest = "Host: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";
  ASSERT_TRUE(client.send("POST /echo HTTP/1.1\r\n" + rest));
  EXPECT_EQ(client.read_head(), "HTTP/1.1 100 Continue\r\n\r\n");
  ASSERT_TRUE(client.send("body"));
  EXPECT_EQ(client.read_answer().body, "body");

  ASSERT_TRUE(client.send("POST /nowhere HTTP/1.1\r\n" + rest));
  const ClientAnswer refused = client.read_answer();
  EXPECT_EQ(refused.status, 404);
  EXPECT_EQ(refused.header("connection"), "close") << "whether the body comes is anyone's guess";
}

TEST(Server, ChecksTheContentTypeOfJsonRoutes) {
  TestServer server;
  struct Case {
    std::string_view headers;
    int status;
  };
  for (const Case& c :
       {Case{"", 200}, Case{"Content-Type: application/json\r\n", 200},
        Case{"Content-Type: Application/JSON; charset=utf-8\r\n", 200},
        Case{"Content-Type: application/vnd.x+json\r\n", 200},
        Case{"Content-Type: multipart/form-data; boundary=b\r\n", 200},
        Case{"Content-Type: application/x-www-form-urlencoded\r\n", 415},
        Case{"Content-Type: text/plain\r\n", 415}, Case{"Content-Encoding: gzip\r\n", 415}}) {
    Client client(server.port());
    const ClientAnswer answer = client.post("/json", "{}", c.headers);
    EXPECT_EQ(answer.status, c.status) << c.headers;
  }
  Client client(server.port());
  EXPECT_EQ(client.post("/echo", "x", "Content-Type: text/plain\r\n").status, 200)
      << "a route without a schema reads the type itself";
}

TEST(Server, HidesWhatAnExceptionSays) {
  TestServer server;
  Client client(server.port());
  const ClientAnswer answer = client.get("/throws");
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, Not(HasSubstr("secret")));
  EXPECT_THAT(answer.body, HasSubstr(std::string(answer.header("x-request-id"))));
  EXPECT_EQ(client.get("/hello").status, 200);
}

TEST(Server, NeverWritesAHeaderThatAHandlerSplit) {
  TestServer server;
  Client client(server.port());
  const ClientAnswer answer = client.get("/bad-header");
  EXPECT_EQ(answer.header("x-good"), "yes");
  EXPECT_EQ(answer.header("set-cookie"), "");
}

TEST(Server, CountsWhatItDoes) {
  TestServer server;
  Client client(server.port());
  client.get("/hello");
  client.get("/items/1");
  client.get("/items/2");
  client.get("/nowhere");
  client.send("BREW /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 405);
  const auto requests = [&](std::string route, std::string method, std::string status) {
    return Labels{
        {"route", std::move(route)}, {"method", std::move(method)}, {"status", std::move(status)}};
  };
  EXPECT_TRUE(
      server.wait_count("diptych_http_requests_total", requests("unmatched", "other", "405"), 1));
  EXPECT_EQ(server.count("diptych_http_requests_total", requests("/hello", "GET", "200")), 1);
  EXPECT_EQ(server.count("diptych_http_requests_total", requests("/items/{id}", "GET", "200")), 2);
  EXPECT_EQ(server.count("diptych_http_requests_total", requests("unmatched", "GET", "404")), 1);
  EXPECT_GT(server.count("diptych_http_received_bytes_total"), 100);
  EXPECT_GT(server.count("diptych_http_sent_bytes_total"), 100);
}

TEST(Server, SpeaksCorsOnlyWhenConfigured) {
  const std::string preflight =
      "OPTIONS /echo HTTP/1.1\r\nHost: x\r\nOrigin: https://a.example\r\n"
      "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: "
      "authorization\r\n\r\n";
  {
    TestServer server({.require_key = true});
    Client client(server.port());
    ASSERT_TRUE(client.send(preflight));
    const ClientAnswer answer = client.read_answer();
    EXPECT_EQ(answer.status, 405);
    EXPECT_EQ(answer.header("access-control-allow-origin"), "");
  }
  TestServer server({.cors_origin = "https://a.example"});
  Client client(server.port());
  ASSERT_TRUE(client.send(preflight));
  const ClientAnswer allowed = client.read_answer();
  EXPECT_EQ(allowed.status, 204);
  EXPECT_EQ(allowed.header("access-control-allow-origin"), "https://a.example");
  EXPECT_EQ(allowed.header("access-control-allow-methods"), "POST, OPTIONS");
  EXPECT_EQ(allowed.header("access-control-allow-headers"), "authorization");
  const ClientAnswer used = client.post("/echo", "x", "Origin: https://a.example\r\n");
  EXPECT_EQ(used.header("access-control-allow-origin"), "https://a.example");
  EXPECT_EQ(client.post("/echo", "x", "Origin: https://b.example\r\n").status, 403);
}

TEST(Server, AnAnswerMayWaitForATimeInsteadOfNews) {
  TestServer server;
  Client client(server.port());
  EXPECT_EQ(client.get("/timed").body, "time");
}

}  // namespace
}  // namespace diptych
