#include "http/request_reader.h"

#include <gmock/gmock.h>

#include <string>

namespace diptych {
namespace {

using Progress = RequestReader::Progress;
using testing::HasSubstr;

struct ReadResult {
  Progress progress;
  std::string body, rest, detail;
  RequestHead head;
};

// Feeds `bytes` in pieces of `step`, as a network would.
ReadResult read_in_steps(std::string_view bytes, std::size_t step,
                         const ReaderLimits& limits = {}) {
  RequestReader reader(limits);
  std::string waiting;
  Progress progress = Progress::kNeedMore;
  while (!bytes.empty() && progress == Progress::kNeedMore) {
    waiting += bytes.substr(0, step);
    bytes.remove_prefix(std::min(step, bytes.size()));
    do {
      std::string_view view = waiting;
      progress = reader.feed(view);
      waiting.erase(0, waiting.size() - view.size());
    } while (progress == Progress::kHead);
  }
  const std::string detail = progress == Progress::kFailed ? reader.error().detail : "";
  return {progress, reader.take_body(), waiting + std::string(bytes), detail, reader.head()};
}

TEST(RequestReader, ReadsTheSameHoweverTheBytesArrive) {
  const std::string_view request =
      "POST /a?b HTTP/1.1\r\nHost: x\r\nX-Mixed-Case:  v 1 \r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: t\r\n\r\n";
  for (std::size_t step = 1; step <= request.size(); ++step) {
    const ReadResult result = read_in_steps(request, step);
    ASSERT_EQ(result.progress, Progress::kDone) << "step " << step;
    EXPECT_EQ(result.body, "hello world");
    EXPECT_EQ(result.rest, "");
    EXPECT_EQ(result.head.method, "POST");
    EXPECT_EQ(result.head.target, "/a?b");
    EXPECT_EQ(result.head.header("x-mixed-case"), "v 1");
    EXPECT_EQ(result.head.header("trailer"), "") << "trailers are not headers";
    EXPECT_TRUE(result.head.chunked);
  }
}

TEST(RequestReader, AnEmptyChunkedBodyInPieces) {
  const std::string_view request =
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  for (std::size_t step = 1; step < 8; ++step) {
    EXPECT_EQ(read_in_steps(request, step).progress, Progress::kDone) << step;
  }
}

TEST(RequestReader, LeavesTheNextRequestAlone) {
  const ReadResult result = read_in_steps(
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /next HTTP/1.1\r\n", 4096);
  EXPECT_EQ(result.progress, Progress::kDone);
  EXPECT_EQ(result.body, "abc");
  EXPECT_EQ(result.rest, "GET /next HTTP/1.1\r\n");
}

TEST(RequestReader, TellsKeepAliveByVersionAndHeader) {
  const auto keeps = [](std::string_view head) {
    return read_in_steps(head, 4096).head.keep_alive;
  };
  EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

TEST(RequestReader, RefusesMalformedRequests) {
  const std::string_view start = "POST / HTTP/1.1\r\nHost: x\r\n";
  const std::string_view bad_requests[] = {
      "\1\2\3\r\n\r\n",
      "GET\r\n\r\n",
      "GET / HTTP/2.0\r\nHost: x\r\n\r\n",
      "GET / HTTP/1.1\nHost: x\n\n",
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nBad\x01Name: x\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1x\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n",
      "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
  };
  for (const std::string_view bad : bad_requests) {
    EXPECT_EQ(read_in_steps(bad, 4096).progress, Progress::kFailed) << bad;
    EXPECT_NE(read_in_steps(bad, 1).progress, Progress::kDone) << "bytewise: " << bad;
  }
  EXPECT_EQ(read_in_steps(start, 4096).progress, Progress::kNeedMore) << "a good start stays open";
}

TEST(RequestReader, BoundsTheHeadHoweverItArrives) {
  const ReaderLimits limits{.header_bytes_max = 1024, .header_count_max = 20};
  const std::string big = "GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(2000, 'a') + "\r\n\r\n";
  std::string sum = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 18; ++i) sum += "X-" + std::string(80, 'b') + ": y\r\n";
  sum += "\r\n";
  std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 30; ++i) many += "A: b\r\n";
  many += "\r\n";
  const std::string target = "GET /" + std::string(5000, 't') + " HTTP/1.1\r\nHost: x\r\n\r\n";
  for (const std::string& request : {big, sum, many, target}) {
    for (const std::size_t step : {std::size_t{1}, std::size_t{100}, std::size_t{1} << 20}) {
      const ReadResult result = read_in_steps(request, step, limits);
      EXPECT_EQ(result.progress, Progress::kFailed) << request.substr(0, 60) << " step " << step;
      EXPECT_EQ(result.detail, "header_too_large") << request.substr(0, 60) << " step " << step;
    }
  }
}

TEST(RequestReader, BoundsTheBodyByItsLengthBeforeReadingIt) {
  const ReaderLimits limits{.body_bytes_max = 10};
  const ReadResult declared =
      read_in_steps("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n", 4096, limits);
  EXPECT_EQ(declared.progress, Progress::kFailed);
  EXPECT_EQ(declared.detail, "request_too_large");
  EXPECT_EQ(declared.head.target, "/") << "still known, for the log";
  EXPECT_EQ(read_in_steps("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n0123456789",
                          4096, limits)
                .progress,
            Progress::kDone);
}

TEST(RequestReader, BoundsAChunkedBody) {
  const ReaderLimits limits{.header_bytes_max = 512, .body_bytes_max = 10};
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  const ReadResult big = read_in_steps(head + "6\r\nabcdef\r\n5\r\nabcde\r\n0\r\n\r\n", 1, limits);
  EXPECT_EQ(big.progress, Progress::kFailed);
  EXPECT_EQ(big.detail, "request_too_large");
  const ReadResult extension = read_in_steps(head + "1;" + std::string(2000, 'x'), 100, limits);
  EXPECT_EQ(extension.progress, Progress::kFailed) << "an endless chunk extension";
}

TEST(RequestReader, DiscardsABodyOnRequest) {
  RequestReader reader({});
  std::string_view bytes = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
  ASSERT_EQ(reader.feed(bytes), Progress::kHead);
  reader.discard_body();
  EXPECT_EQ(reader.feed(bytes), Progress::kDone);
  EXPECT_EQ(reader.body_bytes(), 0U);
}

}  // namespace
}  // namespace diptych
