#include "words/http_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace diptych::bench {
namespace {

// Feeds the answer in pieces of every size from one byte to all, so that no boundary is special.
struct Read {
  std::string body;
  int status = 0;
  bool complete = false, keep_alive = false;
};
Read read_in_pieces(std::string_view bytes, std::size_t piece) {
  HttpReader reader;
  Read read;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    EXPECT_TRUE(reader.feed(bytes.substr(at, piece), read.body));
  }
  read.status = reader.status();
  read.complete = reader.complete();
  read.keep_alive = reader.keep_alive();
  return read;
}

TEST(HttpReader, ReadsABodyOfKnownLengthInAnyPieces) {
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
  for (std::size_t piece = 1; piece <= answer.size(); ++piece) {
    const Read read = read_in_pieces(answer, piece);
    EXPECT_EQ(read.status, 200);
    EXPECT_EQ(read.body, "hello");
    EXPECT_TRUE(read.complete);
    EXPECT_TRUE(read.keep_alive);
  }
}

TEST(HttpReader, JoinsChunksInAnyPieces) {
  const std::string answer =
      "HTTP/1.1 429 Too Many Requests\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
      "3\r\nabc\r\nA;x=1\r\n0123456789\r\n0\r\n\r\n";
  for (std::size_t piece = 1; piece <= answer.size(); ++piece) {
    const Read read = read_in_pieces(answer, piece);
    EXPECT_EQ(read.status, 429);
    EXPECT_EQ(read.body, "abc0123456789");
    EXPECT_TRUE(read.complete);
    EXPECT_FALSE(read.keep_alive);
  }
}

TEST(HttpReader, ABodyWithoutLengthEndsWithTheConnection) {
  HttpReader reader;
  std::string body;
  ASSERT_TRUE(reader.feed("HTTP/1.1 200 OK\r\n\r\npart", body));
  EXPECT_FALSE(reader.complete());
  reader.end_of_input();
  EXPECT_TRUE(reader.complete());
  EXPECT_EQ(body, "part");
}

TEST(HttpReader, AnAnswerCutShortIsNotComplete) {
  HttpReader reader;
  std::string body;
  ASSERT_TRUE(reader.feed("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart", body));
  reader.end_of_input();
  EXPECT_FALSE(reader.complete());
}

TEST(HttpReader, RefusesWhatIsNotHttp) {
  HttpReader reader;
  std::string body;
  EXPECT_FALSE(reader.feed("SSH-2.0-OpenSSH\r\n\r\n", body));
}

TEST(EventReader, GivesOnlyDataAndSkipsCommentsAndNames) {
  const std::string stream = ": ping\n\nevent: x\ndata: {\"a\":1}\n\ndata: [DONE]\r\n\r\n";
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    EventReader reader;
    std::vector<std::string> events;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      reader.feed(std::string_view(stream).substr(at, piece),
                  [&](std::string_view data) { events.emplace_back(data); });
    }
    EXPECT_EQ(events, (std::vector<std::string>{"{\"a\":1}", "[DONE]"}));
  }
}

}  // namespace
}  // namespace diptych::bench
