#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/testing/client.h"
#include "http/testing/stage.h"
#include "http/testing/websocket_frames.h"
#include "http/websocket.h"

namespace diptych::testing {
namespace {

using ::testing::HasSubstr;

std::string upgrade_request(std::string_view more = {}) {
  return get_request("/talk", fmt::format("Connection: Upgrade\r\nUpgrade: websocket\r\n"
                                          "Sec-WebSocket-Version: 13\r\n"
                                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{}",
                                          more));
}

std::string server_frame(std::string_view text) {
  std::string out;
  append_frame(out, WebSocketOp::kText, text);
  return out;
}
std::string close_frame(int code) {
  std::string out;
  append_close(out, code);
  return out;
}

TEST(ServerWebSocket, MessagesGoBothWays) {
  TestServer server;
  Client client(server.port());
  client.send(upgrade_request());
  const std::string head = client.read_head();
  EXPECT_THAT(head, HasSubstr("101 Switching Protocols"));
  EXPECT_THAT(head, HasSubstr("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
  client.send(client_frame(1, "hello") + client_frame(1, std::string(1000, 'x')));
  const std::string long_frame = server_frame(std::string(1000, 'x'));
  EXPECT_TRUE(client.read_until(server_frame("hello")).ends_with(server_frame("hello")));
  EXPECT_EQ(client.read_until(long_frame), long_frame);
}

TEST(ServerWebSocket, WhatTheClientSaysBeforeTheAnswerIsHeard) {
  TestServer server;
  Client client(server.port());
  client.send(upgrade_request() + client_frame(1, "early"));
  client.read_head();
  EXPECT_EQ(client.read_until(server_frame("early")), server_frame("early"));
}

TEST(ServerWebSocket, APingIsAnswered) {
  TestServer server;
  Client client(server.port());
  client.send(upgrade_request());
  client.read_head();
  client.send(client_frame(9, "are you there"));
  std::string pong;
  append_frame(pong, WebSocketOp::kPong, "are you there");
  EXPECT_EQ(client.read_until(pong), pong);
}

TEST(ServerWebSocket, BothEndsCanClose) {
  TestServer server;
  for (const std::string& last : {client_frame(8, "\x03\xe8"), client_frame(1, "bye")}) {
    Client client(server.port());
    client.send(upgrade_request());
    client.read_head();
    client.send(last);
    EXPECT_EQ(client.read_until(close_frame(1000)), close_frame(1000));
    client.half_close();
    EXPECT_TRUE(client.wait_closed());
  }
}

TEST(ServerWebSocket, WhatTheStandardForbidsClosesWithItsCode) {
  TestServer server;
  Client client(server.port());
  client.send(upgrade_request());
  client.read_head();
  client.send(client_frame(2, "binary"));
  EXPECT_EQ(client.read_until(close_frame(kCloseUnsupported)), close_frame(kCloseUnsupported));
  EXPECT_TRUE(client.wait_closed());
}

TEST(ServerWebSocket, AnOrdinaryRequestIsToldToUpgrade) {
  TestServer server;
  Client client(server.port());
  EXPECT_EQ(client.get("/talk").status, 426);
}

TEST(ServerWebSocket, KeysAndOriginsAreCheckedAsElsewhere) {
  TestServer open;
  Client page(open.port());
  page.send(upgrade_request("Origin: https://evil.example\r\n"));
  EXPECT_EQ(page.read_answer().status, 403);

  TestServer keyed({.require_key = true}, {key_for("sk-good", "key_1", {"inference"})});
  Client stranger(keyed.port());
  stranger.send(upgrade_request());
  EXPECT_EQ(stranger.read_answer().status, 401);
  Client browser(keyed.port());
  browser.send(upgrade_request("Sec-WebSocket-Protocol: diptych, diptych.key.sk-good\r\n"));
  const std::string head = browser.read_head();
  EXPECT_THAT(head, HasSubstr("101 Switching Protocols"));
  EXPECT_THAT(head, HasSubstr("sec-websocket-protocol: diptych\r\n"));
}

TEST(ServerWebSocket, DrainingSaysGoodbye) {
  TestServer server;
  Client client(server.port());
  client.send(upgrade_request());
  client.read_head();
  client.send(client_frame(1, "a"));
  client.read_until(server_frame("a"));
  server.server().drain();
  EXPECT_EQ(client.read_until(close_frame(kCloseGoingAway)), close_frame(kCloseGoingAway));
  client.half_close();
  EXPECT_TRUE(server.wait_ended());
}

}  // namespace
}  // namespace diptych::testing
