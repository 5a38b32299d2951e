#include "http/websocket.h"

#include <gtest/gtest.h>

#include "http/testing/websocket_frames.h"

namespace diptych {
namespace {

using testing::client_frame;

std::vector<Header> upgrade(std::vector<Header> more = {}) {
  std::vector<Header> headers = {{"connection", "keep-alive, Upgrade"},
                                 {"upgrade", "WebSocket"},
                                 {"sec-websocket-version", "13"},
                                 {"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="}};
  for (Header& header : more)
    for (Header& have : headers)
      if (have.first == header.first) have.second = header.second;
  for (Header& header : more)
    if (header.first.starts_with("sec-websocket-protocol")) headers.push_back(header);
  return headers;
}

TEST(WebSocketHandshake, AnswersTheKeyOfTheStandard) {  // RFC 6455, 1.3
  const auto handshake = read_handshake(upgrade());
  ASSERT_TRUE(handshake) << handshake.error().message;
  EXPECT_EQ(handshake->accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(handshake->protocol, "");
}

TEST(WebSocketHandshake, WhatIsNoUpgradeIsRefused) {
  for (const Header& wrong :
       {Header{"connection", "close"}, Header{"upgrade", "h2c"},
        Header{"sec-websocket-version", "8"}, Header{"sec-websocket-key", "c2hvcnQ="}}) {
    const auto handshake = read_handshake(upgrade({wrong}));
    ASSERT_FALSE(handshake) << wrong.first;
    EXPECT_EQ(handshake.error().detail == "upgrade_required", wrong.first != "sec-websocket-key");
  }
}

TEST(WebSocketHandshake, ABrowsersKeyTravelsAsASubprotocol) {
  const std::string offered = "diptych, diptych.key.sk-123";
  EXPECT_EQ(offered_key(offered), "sk-123");
  EXPECT_EQ(offered_key("chat"), "");
  EXPECT_EQ(read_handshake(upgrade({{"sec-websocket-protocol", offered}}))->protocol, "diptych");
}

std::vector<std::string> texts(WebSocketReader& reader) {
  std::vector<std::string> all;
  while (const auto message = reader.next()) all.push_back(message->payload);
  return all;
}

TEST(WebSocketReader, ReadsFramesHoweverTheyAreCut) {
  const std::string bytes = client_frame(1, "hello") + client_frame(1, std::string(300, 'x')) +
                            client_frame(1, std::string(70'000, 'y'));
  for (const std::size_t cut : {std::size_t{1}, std::size_t{7}, std::size_t{4096}, bytes.size()}) {
    WebSocketReader reader(100'000);
    std::vector<std::string> all;
    for (std::size_t at = 0; at < bytes.size(); at += cut) {
      reader.add(std::string_view(bytes).substr(at, cut));
      for (std::string& text : texts(reader)) all.push_back(std::move(text));
    }
    ASSERT_EQ(all.size(), 3u) << cut;
    EXPECT_EQ(all[0], "hello");
    EXPECT_EQ(all[2], std::string(70'000, 'y'));
    EXPECT_FALSE(reader.failed());
  }
}

TEST(WebSocketReader, JoinsFragmentsAroundControlFrames) {
  WebSocketReader reader(100);
  reader.add(client_frame(1, "he", /*last=*/false) + client_frame(9, "?") +
             client_frame(0, "ll", false) + client_frame(0, "o"));
  const auto ping = reader.next();
  ASSERT_TRUE(ping);
  EXPECT_EQ(ping->op, WebSocketOp::kPing);
  EXPECT_EQ(ping->payload, "?");
  EXPECT_EQ(reader.next()->payload, "hello");
}

TEST(WebSocketReader, ManyEmptyFragmentsNeedNoStack) {
  std::string bytes = client_frame(1, "", false);
  for (int i = 0; i < 100'000; ++i) bytes += client_frame(0, "", false);
  WebSocketReader reader(100);
  reader.add(bytes + client_frame(0, "end"));
  EXPECT_EQ(reader.next()->payload, "end");
}

TEST(WebSocketReader, WhatTheStandardForbidsEndsWithItsCode) {
  struct Case {
    std::string bytes;
    int code;
  };
  std::string unmasked = client_frame(1, "a");
  unmasked[1] = static_cast<char>(unmasked[1] & 0x7F);
  std::string reserved = client_frame(1, "a");
  reserved[0] = static_cast<char>(reserved[0] | 0x40);
  const Case cases[] = {
      {unmasked, kCloseProtocol},
      {reserved, kCloseProtocol},
      {client_frame(2, "a"), kCloseUnsupported},
      {client_frame(3, "a"), kCloseProtocol},
      {client_frame(0, "a"), kCloseProtocol},
      {client_frame(1, "a", false) + client_frame(1, "b"), kCloseProtocol},
      {client_frame(9, "a", false), kCloseProtocol},
      {client_frame(9, std::string(126, 'a')), kCloseProtocol},
      {client_frame(1, "\xff"), kCloseNotUtf8},
      {client_frame(1, std::string(101, 'a')), kCloseTooBig},
      {client_frame(1, std::string(60, 'a'), false) + client_frame(0, std::string(60, 'a')),
       kCloseTooBig},
      {std::string("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10), kCloseTooBig},
  };
  for (const Case& each : cases) {
    WebSocketReader reader(100);
    reader.add(each.bytes);
    EXPECT_FALSE(reader.next());
    EXPECT_EQ(reader.close_code(), each.code);
    reader.add(client_frame(1, "more"));
    EXPECT_FALSE(reader.next());
  }
}

TEST(WebSocketFrames, LengthsAreWrittenInTheirShortestForm) {
  const auto head_of = [](std::size_t size) {
    std::string out;
    append_frame(out, WebSocketOp::kText, std::string(size, 'a'));
    return out.substr(0, out.size() - size);
  };
  EXPECT_EQ(head_of(125), std::string("\x81\x7d"));
  EXPECT_EQ(head_of(126), std::string("\x81\x7e\x00\x7e", 4));
  EXPECT_EQ(head_of(65'536), std::string("\x81\x7f\0\0\0\0\0\x01\0\0", 10));
}

}  // namespace
}  // namespace diptych
