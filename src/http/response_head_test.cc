#include "http/response_head.h"

#include <gmock/gmock.h>

#include <vector>

namespace diptych {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string head_of(const ResponseHead& head, const std::vector<Header>& headers = {}) {
  std::string out;
  append_response_head(out, head, headers, {});
  return out;
}

TEST(ResponseHead, CarriesWhatEveryAnswerCarries) {
  const std::string head = head_of({.status = 404,
                                    .content_type = "application/json",
                                    .content_length = 12,
                                    .request_id = "req_x",
                                    .processing_ms = 7,
                                    .unix_seconds = 1'790'000'000},
                                   {{"x-more", "1"}});
  EXPECT_THAT(head, StartsWith("HTTP/1.1 404 Not Found\r\n"));
  for (const std::string_view line :
       {"date: Mon, 21 Sep 2026 14:13:20 GMT", "content-type: application/json",
        "content-length: 12", "x-request-id: req_x", "openai-processing-ms: 7",
        "openai-version: 2020-10-01", "x-more: 1"}) {
    EXPECT_THAT(head, HasSubstr("\r\n" + std::string(line) + "\r\n"));
  }
  EXPECT_THAT(head, Not(HasSubstr("connection:")));
}

TEST(ResponseHead, SaysHowTheBodyEnds) {
  EXPECT_THAT(head_of({.framing = BodyFraming::kChunked}), HasSubstr("transfer-encoding: chunked"));
  EXPECT_THAT(head_of({.framing = BodyFraming::kUntilClose, .keep_alive = false}),
              HasSubstr("connection: close"));
  EXPECT_THAT(head_of({.status = 204, .framing = BodyFraming::kNone}),
              Not(HasSubstr("content-length")));
  EXPECT_THAT(head_of({.keep_alive = true, .is_http_1_0 = true}),
              HasSubstr("connection: keep-alive"));
}

TEST(ResponseHead, LeavesOutHeadersThatWouldBreakTheirLine) {
  const std::string head =
      head_of({}, {{"x-good", "1"}, {"x-bad", "1\r\nx-injected: 2"}, {"bad name", "1"}, {"", "1"}});
  EXPECT_THAT(head, HasSubstr("x-good: 1\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("injected")));
  EXPECT_THAT(head, Not(HasSubstr("bad")));
}

TEST(Chunk, IsHexLengthThenBytes) {
  std::string out;
  append_chunk(out, std::string(26, 'x'));
  EXPECT_EQ(out, "1a\r\n" + std::string(26, 'x') + "\r\n");
}

}  // namespace
}  // namespace diptych
